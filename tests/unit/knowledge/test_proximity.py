"""How closely together a passage has the words of a question."""

from answerable_knowledge.proximity import proximity

FAR = "Leave is planned early. " + "Nothing of the kind is said here at all. " * 8 + "The canteen counts days."


def test_words_within_a_sentence_count_more_than_the_same_words_far_apart():
    near, far = proximity("How many days of leave?", ["There are 25 days of leave.", FAR])
    assert near > far > 0


def test_a_word_that_few_have_counts_more_than_one_that_all_have():
    texts = ["The policy of leave.", "The policy of sabbaticals.", "The policy of travel.", "The policy of pay."]
    scores = proximity("policy on sabbaticals", texts)
    assert scores[1] > 2 * max(scores[0], scores[2], scores[3])


def test_endings_case_and_width_do_not_matter():
    [score] = proximity("VACATIONING employees", ["Vacations of an employee and \uff36acation"])
    assert score == 1.0


def test_a_question_without_a_word_of_theirs_says_nothing_about_passages():
    assert proximity("???", ["a text", ""]) == [0.0, 0.0]
    assert proximity("unrelated", ["a text"]) == [0.0]
    assert proximity("anything", []) == []


def test_every_score_lies_between_nothing_and_one():
    texts = ["days of leave days of leave", "leave", "", FAR, "\u4f11\u6687 days"]
    assert all(0 <= score <= 1 for score in proximity("days days leave \u4f11\u6687", texts))
