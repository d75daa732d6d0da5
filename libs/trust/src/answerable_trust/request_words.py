"""The English words by which `request_features` knows a request. Reviewable lists, about requests in general.

The verbs are those with which people open requests to an assistant (first words of the questions of HaluEval), and the
plain verbs of saying, showing and changing a text beside them; no list was made from attacks.
"""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


TASK_VERBS = _words("""
    answer reply respond say tell write rewrite draft compose describe explain summarize summarise translate
    paraphrase rephrase reword list name give provide generate create outline define discuss compare contrast
    analyze analyse evaluate assess classify categorize categorise identify suggest recommend propose brainstorm
    imagine invent predict calculate compute solve estimate determine convert transform replace substitute insert
    add append prepend include incorporate integrate embed mention state repeat print output display show reveal
    return produce present format reformat shorten expand elaborate simplify edit proofread modify alter reverse
    invert rearrange reorder sort shuffle swap spell capitalize capitalise encode decode encrypt decrypt render
    express emphasize emphasise highlight stress advertise promote endorse encourage convince persuade claim
    assert announce introduce quote cite recite narrate develop design construct craft devise formulate sketch
    illustrate demonstrate act pretend behave roleplay simulate speak talk chat sing rank rate extract retrieve
    interpret critique complete translate think guess prove group combine merge omit ignore disregard forget
    compile synthesize restructure reorganize reorganise hypothesize specify distinguish characterize characterise
    automate parse count mimic impersonate justify argue debate label tag annotate score verify refute defend
""")
ORDER_VERBS = (
    _words("""
    make find come take look use help build choose select pick search research offer update report match break put
    implement consider share collect organize organise comment visit multiply record learn mix change trace play
    check perform aggregate optimize optimise prepare try diagnose post reflect align fill access get adjust
    finish pose follow document recognize configure plan assign extend arrange resolve launch buy form see know
    improve enhance correct remove delete drop split join separate avoid ensure keep begin start end conclude send
    forward call click download install open close go run set turn let allow do be stop never always don't
    remember note ask read contact email reach sign register subscribe join submit enter press type copy paste
    apply bring stay wait move place store save clean wash cut pour stir heat bake cook test measure review
    monitor establish increase reduce limit create encourage invite urge remind inform warn advise teach walk pay
    order book schedule cancel reset restart switch enable disable log leave practice practise seek protect focus
    work connect attach
""")
    - TASK_VERBS
)
OPENERS = _words("""
    please kindly now then also next finally first and so but ok okay just hey hi hello simply briefly
    automatically additionally furthermore moreover afterwards instead lastly again always
""")
# What follows a verb in an order, and seldom a noun that looks like one ("State or", "Report of").
OBJECT_STARTS = _words("""
    a an the your my our their its his her this that these those it me us them all any every each some how what why who
    which where when whether if in to with as only no one two three four five
""")
# First six letters, as `request_features` compares words.
WRITING_WORDS = _words("""
    letter word words senten paragr charac spaces vowel vowels conson symbol digit digits number emoji emojis
    punctu spelli typo typos gramma phrase rhyme poem poems story essay haiku lyrics speech articl headli slogan
    tweet captio script code functi python javasc java html sql query summar transl langua englis french german
    spanis russia chines japane italia bullet table json format tone style synony antony adject verb verbs noun
    nouns title blog letters review dialog
""")
