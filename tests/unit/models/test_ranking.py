import numpy as np
import pytest

from answerable_models.embedding import Reading
from answerable_models.extractive import set_scene
from answerable_models.generation import Source
from answerable_models.ranking import EMBEDDED_FEATURES, LEXICAL_FEATURES, embedded_features, lexical_features
from answerable_models.scenes import Scene


def scene_of(question: str, *texts: str, title: str = "") -> Scene:
    return set_scene(question, tuple(Source(n, title, "", text, f"p{n}") for n, text in enumerate(texts, 1)))[0]


def feature(name: str, question: str, *texts: str, title: str = "") -> list[float]:
    return list(lexical_features(scene_of(question, *texts, title=title))[:, LEXICAL_FEATURES.index(name)])


def test_there_is_one_row_per_candidate_and_one_column_per_name():
    scene = scene_of("When does it open?", "It opens at nine. It closes at five.", "Parking is free.")
    assert lexical_features(scene).shape == (3, len(LEXICAL_FEATURES))
    assert lexical_features(scene_of("When?", "")).shape == (0, len(LEXICAL_FEATURES))


@pytest.mark.parametrize("question", ["When does the canteen open?", "", "the", "Who is Alice?"])
def test_features_are_finite_and_about_one_at_most(question):
    rows = lexical_features(scene_of(question, "The canteen opens at nine. Alice knows.", "Prices:\n- one\n- two"))
    assert np.isfinite(rows).all()
    assert (rows >= 0).all()
    assert (rows <= 1.0001).all()


@pytest.mark.parametrize(
    ("name", "question", "better", "worse"),
    [
        ("covered", "When does the canteen open?", "The canteen opens at nine.", "The garage opens at nine."),
        ("rarest_covered", "Where is the defibrillator?", "The defibrillator hangs here.", "The thing hangs here."),
        ("covered_softly", "How is the invoice processed?", "Invoice processors act.", "Invoice people act."),
        ("names_covered", "Where does Alice Brown sit?", "There sits Brown, Alice.", "There sits Stone, Bob."),
        ("pairs_covered", "What is the notice period?", "The notice period ends.", "A period of notice ends."),
        ("compactness", "notice period trainees", "Notice period: trainees.",
         "Notice: put one copy in a box for all who had one such period or so, trainees too."),
        ("in_order", "Did Rome conquer Gaul?", "Rome did conquer Gaul.", "Gaul did conquer Rome."),
        ("offers_specific_type", "When does it start?", "It starts on 3 May.", "It starts soon."),
        ("focus_covered", "Which country is it in?", "That country is Peru.", "That city is Lima."),
    ],
)  # fmt: skip
def test_the_better_sentence_has_the_higher_feature(name, question, better, worse):
    (high,), (low,) = feature(name, question, better), feature(name, question, worse)
    assert high > low


def test_a_heading_and_a_title_count_as_context():
    text = (
        "# Annual leave\n\nEvery employee gets twenty-five days in each calendar year, "
        "also those who are still on trial."
    )
    question = "How much annual leave is there in Zurich?"
    assert feature("covered_with_context", question, text)[0] > feature("covered", question, text)[0]
    assert (
        feature("covered_with_title", question, text, title="Zurich")[0]
        > feature("covered_with_context", question, text)[0]
    )


def test_sources_further_down_count_less():
    assert feature("source_rank", "q", "A b c d.", "A b c d.") == [1.0, 0.5]


def test_a_negation_that_the_question_lacks_is_marked():
    assert feature("negation_differs", "May I smoke?", "You may smoke.", "You may not smoke.") == [0.0, 1.0]


def reading(*rows: int) -> Reading:
    """Pieces along so many axes; the vector is the first of them."""
    steps = np.zeros((len(rows), 8), dtype=np.int8)
    steps[range(len(rows)), rows] = 127
    return Reading((101, *range(2100, 2098 + len(rows)), 102), steps, (steps[0] / 127).astype(np.float32))


def test_what_the_network_read_is_added_to_the_chosen_rows():
    lexical = lexical_features(scene_of("When?", "It opens at nine. It closes at five."))
    both = embedded_features(lexical, reading(0, 1, 2), [reading(0, 1, 2), reading(4, 1, 5)])
    assert both.shape == (2, len(EMBEDDED_FEATURES))
    assert list(both[:, EMBEDDED_FEATURES.index("cosine_to_best")]) == pytest.approx([0.0, -1.0])
    assert both[0, EMBEDDED_FEATURES.index("openings_near")] > both[1, EMBEDDED_FEATURES.index("openings_near")]
