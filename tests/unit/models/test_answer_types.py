import pytest

from answerable_models.answer_types import asked_for, offers, read_question


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Who approves expenses?", "person"),
        ("Which department owns the budget?", "person"),
        ("When does the lease end?", "time"),
        ("In what year was the company founded?", "time"),
        ("Where is the head office?", "place"),
        ("In which city is the plant?", "place"),
        ("How many employees work there?", "count"),
        ("How many days of annual leave do I get?", "duration"),
        ("How long is the notice period?", "duration"),
        ("How much does the licence cost?", "money"),
        ("What was the revenue in 2025?", "money"),
        ("What percentage of staff is remote?", "percent"),
        ("Why was the project stopped?", "reason"),
        ("How do I reset my password?", "manner"),
        ("May I carry over leave?", "yes_no"),
        ("What is the e-mail of the help desk?", "contact"),
        ("What is a purchase order?", "thing"),
    ],
)
def test_a_question_says_what_kind_of_answer_it_wants(question, kind):
    assert asked_for(question) == kind


@pytest.mark.parametrize(
    ("question", "with_answer", "without"),
    [
        ("Who approves expenses?", "Expenses are approved by Maria Keller.", "expenses are approved quickly."),
        ("When does the lease end?", "It ends on 31 March 2027.", "The lease ends soon."),
        ("How many employees work there?", "It employs 340 people.", "Many people work there."),
        ("How long is the trial?", "The trial takes three months.", "The trial is short."),
        ("How much does it cost to park?", "Parking is €12.50 a day.", "Parking is cheap."),
        ("What percentage is remote?", "About 40 % work from home.", "Most work from home."),
        ("Where is the plant?", "The plant stands in Basel.", "The plant stands."),
        ("Why did it stop?", "It stopped because money ran out.", "It stopped in May."),
        ("What is the e-mail of the help desk?", "Write to help@example.org.", "Ask the help desk."),
    ],
)
def test_a_sentence_offers_that_kind_or_it_does_not(question, with_answer, without):
    assert offers(read_question(question), with_answer)
    assert not offers(read_question(question), without)


def test_what_the_question_already_holds_is_no_answer():
    assert not offers(read_question("Who is Maria Keller?"), "Maria Keller.")


def test_question_words_are_not_content_words():
    assert [token.word for token in read_question("What is the notice period?").terms] == ["notice", "period"]


def test_the_noun_that_wants_the_answer_is_found():
    assert read_question("Which country is the plant in?").focus == {"country"}
    assert read_question("Is it open?").focus == frozenset()
