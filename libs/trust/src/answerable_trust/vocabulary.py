"""The English words that the rules know. Reviewable lists; a word in the wrong list is a bug with a one-line fix."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    return tuple((pair.split()[0], pair.split()[1]) for pair in text.split(","))


STOP_WORDS = _words("""
    a about above after again all also am an and any are aren't as at be because been before being below
    between both but by can could did do does doing down during each either few for from further had has have
    having he her here hers him his how i if in into is it its itself just let may me might more most must my
    near now of off on once only onto or other our out over own per same shall she should so some such than
    that the their them then there these they this those through to too under until up upon us very was we
    were what when where whether which while who whom whose why will with within would you your yours
    approximately roughly around please tell yes least one
""")
NEGATIONS = _words("""
    not no never none nor neither cannot without nobody nothing nowhere isn't aren't wasn't weren't don't doesn't didn't
    won't wouldn't can't couldn't shouldn't mustn't hasn't haven't hadn't
""")
FUNCTION_WORDS = STOP_WORDS | NEGATIONS
CONDITIONS = _words("if unless except until only otherwise")
OPPOSITES = _pairs("""
    increase decrease, rise fall, rose fell, grew shrank, gain loss, profit loss, higher lower, more fewer,
    more less, maximum minimum, most least, before after, include exclude, allowed forbidden, allowed
    prohibited, permitted prohibited, permitted forbidden, open closed, required optional, mandatory optional,
    enabled disabled, accept reject, approved rejected, always never, always sometimes, first last, buy sell,
    income expense, start end, legal illegal, valid invalid, above below, over under, all some, all none, up
    down, with without
""")

POLES = dict(
    _pairs("""
    prohibited allowed, forbidden allowed, permitted allowed, optional required, mandatory required, voluntary required,
    closed open, disabled enabled, excluded included, rejected accepted, approved accepted, illegal legal,
    invalid valid, impossible possible, ineligible eligible, unavailable available, unpaid paid,
    unencrypted encrypted, unsupported supported, public confidential, unlimited limited, insecure secure, unsafe safe
""")
)
"""Words by the word that says the same of a thing, or its opposite."""
SAME_POLE = _words("permitted mandatory approved")

COMPUTING = _words("""
    rise rose risen fall fell fallen grow grew grown growth increase increased decrease decreased decline declined drop
    dropped change changed difference differ higher lower more less than total sum together combined altogether average
    mean ratio share percentage percent proportion times compared
""")
"""Words for what was computed; a sentence may have them although no source has."""

DEICTIC = _words("""
    this these here herein hereof following former latter page version revision edition issue effective
    revised updated reviewed published dated
""")
"""Words by which a sentence speaks of its own document, or of another sentence."""
AUXILIARIES = _words("""
    is are was were be been has have had do does did can could may might must shall should will would need needs cannot
    isn't aren't wasn't weren't don't doesn't didn't won't wouldn't can't couldn't shouldn't mustn't hasn't haven't
    hadn't costs cost takes take gets get receives receive lasts last applies apply starts start ends end pays pay
    expires expire amounts amounted opens open closes close
""")
"""Words that make a sentence of what would else be a heading, a line of contents, or a row without its header."""
PRONOUNS = _words("it they he she that those we you i such each both")

TIME_WORDS = _words("""
    january february march april june july august september october november december monday tuesday wednesday thursday
    friday saturday sunday daily weekly monthly quarterly yearly annually hourly spring summer autumn winter today
    tomorrow yesterday noon midnight morning evening afternoon weekend weekends century immediately once before after
    during until upon when whenever always never every end beginning christmas easter
""")
ORDINAL_WORDS = _words("""
    first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth
    sixteenth seventeenth eighteenth nineteenth twentieth thirtieth last
""")
COUNT_WORDS = _words("""
    no none zero nothing free never unlimited one once twice several every daily weekly monthly yearly annually
""")
ROLES = _words("""
    team department staff board committee council office desk service services group company everyone anyone nobody hr
    finance legal people head chief human resources security support management executive president anybody ceo cfo cto
    coo all each person persons party parties public police secretary guests residents students parents children women
    men lead
""")
ROLE_ENDINGS = tuple(sorted(_words("er or ers ors ee ees ist ists ant ants ent ents ian ians man woman yst")))
