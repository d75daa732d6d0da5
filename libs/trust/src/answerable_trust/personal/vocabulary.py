"""The words by which names, places and addresses are told from other text. Reviewable lists, in lower case."""

from typing import Final

from answerable_trust.vocabulary import FUNCTION_WORDS, NEGATIONS, TIME_WORDS


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _phrases(text: str) -> frozenset[str]:
    return frozenset(" ".join(phrase.split()) for phrase in text.split(","))


HONORIFICS: Final = _words("""
    mr mrs ms miss mx dr prof professor sir madam madame lady lord rev reverend herr frau monsieur mme mlle señor
    señora captain capt sergeant sgt lieutenant lt colonel col general president senator judge sister father
""")
SHORT_HONORIFICS: Final = _words("mr mrs ms miss mx dr prof rev herr frau mme mlle capt sgt lt")
"""Those that are annotated and addressed as titles; the others only say that a name follows."""

OCCUPATIONS: Final = _words("""
    accountant actor actress actuary administrator adviser advisor agent analyst architect artist assistant
    astronomer attorney auditor author baker banker barber barista barrister biologist bookkeeper bricklayer broker
    builder butcher buyer captain carpenter cashier chef chemist cinematographer cleaner clerk coach commentator
    composer conductor consultant controller cook copywriter counsellor counselor courier curator dancer dentist
    designer detective developer dietitian diplomat director doctor driver ecologist economist editor electrician
    engineer estimator farmer firefighter fisherman florist forester gardener geologist geographer guard guide
    hairdresser handler historian housekeeper hydrologist illustrator inspector instructor interpreter investigator
    janitor jeweller joiner journalist judge lawyer lecturer librarian lifeguard locksmith machinist maid manager
    mason mechanic mediator merchant midwife miner musician navigator nurse nutritionist officer operator optician
    optometrist packager painter paramedic performer pharmacist pharmacologist photographer physicist physician
    physiotherapist pianist pilot planner plumber podiatrist poet policeman politician porter potter practitioner
    presenter printer producer professor programmer proofreader psychiatrist psychologist psychotherapist publicist
    radiographer realtor receptionist recruiter repairer reporter representative researcher retailer sailor salesman
    salesperson scientist sculptor secretary seller singer socialworker soldier solicitor songwriter sonographer
    specialist statistician steward stewardess stockbroker student superintendent supervisor surgeon surveyor tailor
    teacher technician technologist telemarketer teller tester therapist trader trainer translator tutor typist
    underwriter veterinarian veterinary waiter waitress warden weaver welder worker writer zoologist
""")

ORGANIZATION_ENDINGS: Final = _words("""
    inc llc ltd limited corp corporation co company gmbh ag sa plc llp lp bv nv oy ab oyj aps as group holdings
    holding bank insurance partners associates sons solutions systems technologies technology labs laboratories
    software networks industries enterprises ventures capital financial consulting services media pharmaceuticals
    energy airlines motors foods stores university college institute foundation association society agency ministry
    hospital orchestra supercomputing research analytics logistics interactive studios records trust club
""")
LEGAL_FORMS: Final = _words("inc llc ltd corp corporation gmbh plc llp bv oyj aps company holdings")
GEOGRAPHIC_NOUNS: Final = _words("bridge river lake city airport county province coast harbour harbor valley region")
ORGANIZATION_NOUNS: Final = _words("""
    company firm agency startup start-up bank brainchild manufacturer provider organization organisation website
    retailer platform corporation nonprofit charity insurer subsidiary supplier vendor employer business orchestra
    band label store shop restaurant brand airline
""")

COUNTRIES: Final = _phrases("""
    afghanistan, albania, algeria, andorra, angola, argentina, armenia, australia, austria, azerbaijan, bahrain,
    bangladesh, belarus, belgium, belize, benin, bhutan, bolivia, bosnia, botswana, brazil, brunei, bulgaria,
    burundi, cambodia, cameroon, canada, chad, chile, china, colombia, congo, costa rica, croatia, cuba, cyprus,
    czechia, czech republic, denmark, djibouti, dominican republic, ecuador, egypt, el salvador, england, eritrea,
    estonia, ethiopia, faroe islands, fiji, finland, france, gabon, gambia, germany, ghana, greece, greenland,
    guatemala, guinea, guyana, haiti, honduras, hong kong, hungary, iceland, india, indonesia, iran, iraq, ireland,
    israel, italy, jamaica, japan, kazakhstan, kenya, kosovo, kuwait, kyrgyzstan, laos, latvia, lebanon, lesotho,
    liberia, libya, liechtenstein, lithuania, luxembourg, madagascar, malawi, malaysia, maldives, mali, malta,
    mauritius, mexico, moldova, monaco, mongolia, montenegro, morocco, mozambique, myanmar, namibia, nepal,
    netherlands, the netherlands, new zealand, nicaragua, niger, nigeria, north korea, north macedonia, northern
    ireland, norway, oman, pakistan, palestine, panama, paraguay, peru, philippines, poland, portugal, puerto rico,
    qatar, romania, russia, rwanda, san marino, saudi arabia, scotland, senegal, serbia, singapore, slovakia,
    slovenia, somalia, south africa, south korea, spain, sri lanka, sudan, suriname, sweden, switzerland, syria,
    taiwan, tajikistan, tanzania, thailand, togo, tunisia, turkey, turkmenistan, uganda, ukraine, united arab
    emirates, united kingdom, united states, united states of america, uruguay, usa, uzbekistan, venezuela, vietnam,
    wales, yemen, zambia, zimbabwe
""")
PLACES: Final = _phrases("""
    alabama, alaska, amsterdam, arizona, arkansas, athens, atlanta, auckland, baltimore, bangkok, barcelona,
    beijing, belgrade, berlin, bern, birmingham, bogota, boston, brisbane, bristol, brussels, bucharest, budapest,
    buenos aires, cairo, california, cape town, chicago, cologne, colorado, connecticut, copenhagen, dallas,
    delaware, delhi, denver, detroit, dublin, edinburgh, florida, frankfurt, geneva, glasgow, hamburg, hawaii,
    helsinki, houston, idaho, illinois, indiana, iowa, istanbul, jakarta, jerusalem, johannesburg, kansas, kentucky,
    kiev, kyiv, lagos, leeds, lima, lisbon, liverpool, ljubljana, london, los angeles, louisiana, lyon, madrid,
    maine, manchester, manila, maryland, massachusetts, melbourne, miami, michigan, milan, minnesota, mississippi,
    missouri, montana, montreal, moscow, mumbai, munich, nairobi, naples, nebraska, nevada, new hampshire, new
    jersey, new mexico, new york, new york city, north carolina, north dakota, ohio, oklahoma, oregon, oslo, ottawa,
    paris, pennsylvania, perth, philadelphia, phoenix, prague, quebec, reykjavik, rhode island, riga, rome,
    rotterdam, san diego, san francisco, santiago, sao paulo, seattle, seoul, shanghai, sofia, south carolina, south
    dakota, stockholm, stuttgart, sydney, tallinn, tel aviv, tennessee, texas, tokyo, toronto, utah, vancouver,
    vermont, vienna, vilnius, virginia, warsaw, washington, west virginia, wisconsin, wyoming, zagreb, zurich
""")
NATIONALITIES: Final = _words("""
    afghan african albanian algerian american arab argentine argentinian armenian asian australian austrian
    bangladeshi belarusian belgian bolivian bosnian brazilian british bulgarian cambodian cameroonian canadian
    chilean chinese colombian croatian cuban cypriot czech danish dutch ecuadorian egyptian english estonian
    ethiopian european faroese filipino finnish french georgian german ghanaian greek greenlander greenlandic
    guatemalan haitian honduran hungarian icelandic indian indonesian iranian iraqi irish israeli italian jamaican
    japanese jordanian kazakh kenyan korean kuwaiti latvian lebanese libyan lithuanian malaysian maltese mexican
    moldovan mongolian moroccan nepalese nigerian norwegian pakistani palestinian panamanian paraguayan peruvian
    polish portuguese romanian russian salvadoran saudi scottish senegalese serbian singaporean slovak slovakian
    slovenian somali spanish sudanese swedish swiss syrian taiwanese tanzanian thai tunisian turkish ugandan
    ukrainian uruguayan venezuelan vietnamese welsh yemeni zambian zimbabwean catholic muslim jewish christian hindu
    buddhist protestant
""") - _words("european african asian")

GIVEN_NAMES: Final = _words("""
    aaron abdul abigail adam adrian agnes ahmed aisha alan albert alberto alejandro alex alexander alexandra alfred
    ali alice alicia alina alison amanda amber amelia amina amir amy ana anders andre andrea andreas andrei andrew
    angel angela angelica anita ann anna anne annette annie anthony anton antonio anya arthur astrid audrey ava
    barbara beatrice beatriz ben benjamin bernard beth betty bianca bill birgit bjorn bob boris brandon brenda brian
    bridget bruce bruno camille carl carla carlos carmen carol caroline catherine cecilia charles charlie charlotte
    chen chiara chloe chris christian christina christine christopher claire clara claudia colin connor craig
    cristina cynthia daniel daniela danielle david dawn deborah dennis diana diane diego dieter dimitri dirk dmitri
    dominic donald donna dorothy douglas duncan dylan eduardo edward elena eleanor eli elias elisa elizabeth ella
    ellen emil emilia emily emma enrique eric erica erik erika erin ernest esther ethan eugene eva evan evelyn
    fatima felix fernando filip fiona florian frances francesca francesco francis francisco franz fred frederick
    frida fritz gabriel gabriela gareth gary george georgia gerald gerard gianni gilbert giovanni giulia giuseppe
    gloria gordon graham greg gregory greta guido gustav hana hannah hans harold harry hassan heather hector heidi
    heinz helen helena helga henrik henry herbert hiroshi holly howard hugo ian ibrahim igor ina ines ingrid irene
    irina isaac isabel isabella ivan ivana jack jacob jacqueline jake jakob jakub james jamie jan jana jane janet
    janine jason javier jean jeff jeffrey jenna jennifer jeremy jerry jessica jill jim joachim joan joanna joao joe
    johan johanna johannes john johnny jon jonas jonathan jorge jose josef joseph joshua juan judith julia julian
    julie jun juliana jurgen justin jutta karen karin karl karol katarina kate katherine kathleen kathryn katie
    katja katrin keith kelly ken kenji kenneth kerstin kevin kim klara klaus kristin kristina kurt kyle lara lars
    laura lauren lea leah lee lena leo leon leonard leonardo leslie lewis liam lily linda lisa liz louis louise luca
    lucas lucia lucy luigi luis luka lukas luke lydia madeleine magdalena magnus manuel marc marcel marco marcus
    margaret maria marie mario marion marta martha martin martina mary mathias matteo matthew matthias maureen
    maurice max maximilian maya megan mehmet melanie melissa mia michael michel michelle miguel mikael mike mila
    milan miriam mohamed mohammed monica monika morgan mustafa nadia nancy naomi natalia natalie natasha nathan neil
    nick nicholas nicola nicolas nicole niels nigel nikolai nina noah nora norman olaf oleg olga oliver olivia omar
    oscar oskar otto owen pablo pamela paola paolo patricia patrick paul paula pauline pavel pedro peggy per peter
    petra petr philip philipp phillip pierre piotr priya rachel rafael rainer raj ralph ramon raymond rebecca regina
    renate ricardo richard rita robert roberto robin roger roland rolf roman ronald rosa rose rosemary roy rudolf
    russell ruth ryan sabine sally sam samantha samuel sandra sara sarah scott sean sebastian sergei sergio shane
    sharon sheila shirley sigrid silvia simon simone sofia sonia sophia sophie stanislav stefan stefanie stella
    stephan stephanie stephen steve steven stewart stuart sue susan susanne sven sylvia tamara tanja tanya tara ted
    teresa terry theodore theresa thomas tim timothy tina tobias todd tom tomas tomasz tony tracy ulrich ulrike
    ursula uwe valentina valerie vanessa vera veronica victor victoria viktor vincent virginia vladimir walter wanda
    wayne wei wendy werner wilhelm will william wolfgang xavier yan yasmin yuki yuri yusuf yvonne zoe zuzana
""")
AMBIGUOUS_NAMES: Final = _words("will mark rose jan art bill may june april grace frank guy drew chen per")
"""At the beginning of a sentence rather a word than a name."""
NAME_PARTICLES: Final = _words(
    "de da do dos das du del della di la le van von der den ten ter bin al el y e i av af zu"
)

STREETS: Final = _words("""
    street st road rd avenue ave av boulevard blvd lane ln drive dr court ct square sq terrace tce way place pl
    parade crescent cres close highway hwy route rte rue via viale piazza corso calle plaza avenida rua praça ul
    ulica u utca út str strasse straße platz allee chemin impasse cours quai strada carrer camino paseo vägen gatan
    vei veien gate tie katu laan straat plein kade naam nám náměstí třída cesta trg aleja os plac tér mews alley
    pike turnpike trail walk grove gardens hill row junction crossing crossroad crossroads rapids coves cove forges
    forge streets roads ranch ridge union well wells spring springs summit spur squares station stream shore shores
    skyway mount mountain meadow meadows manor manors mills mill mission motorway neck orchard oval overpass parks
    park parkway passage path pine pines plain plains plains point points port ports prairie radial ramp rest river
    roads rue run shoal shoals stravenue throughway trace track trafficway tunnel turnpike underpass unions valley
    valleys via viaduct view views village villages ville vista walks wall ways islands island isle keys key knoll
    knolls lake lakes land landing light lights loaf lock locks lodge loop mall harbor harbors haven heights hollow
    inlet glen glens green greens groves gateway garden freeway ford forest forks fork fort fields field ferry falls
    fall extension extensions estate estates divide dam dale curve creek courts corner corners common cliffs cliff
    circles circle centers center causeway cape canyon camp bypass burgs burg brooks brook bridge branch bottom
    bluffs bluff beach bayou
""")
STREET_ENDINGS: Final = (
    "strasse",
    "straße",
    "straat",
    "laan",
    "gatan",
    "gata",
    "gade",
    "vägen",
    "vej",
    "vejen",
    "veien",
    "vegen",
    "katu",
    "intie",
    "ntie",
    "polku",
    "kuja",
    "weg",
    "gasse",
    "platz",
    "allee",
    "plein",
    "kade",
    "utca",
    "stræti",
    "braut",
    "vegur",
    "gatu",
    "stredet",
    "bakken",
    "dreef",
    "singel",
    "steeg",
)
SURE_STREETS: Final = _words("""
    street road rd avenue ave boulevard blvd lane drive rue via viale corso calle avenida rua ul ulica utca str
    strasse straße chemin straat laan crescent
""")
UNITS: Final = _words("apt apartment suite unit flat ste")
FOREIGN_STREETS: Final = _words("avenue rue calle ul ulica u utca str strasse straße chemin straat avenida viale corso")
"""Written in small letters too, and no English words in the middle of a sentence."""

_LESSONS = """
    able about account across act action active activity actual add address administration affairs again agency
    agreement aid aim air amount analysis annual answer appendix application apply approach area army art article
    asset assets association attention audit author average award back balance bank base basic benefit benefits best
    better big bill bills board body bond bonds book border bot box branch break brief bring brother budget build
    building bus business buy call can capital car card care carry case cash catalogue center central centre chair
    change chapter charge charges check chief child children choice church city civil claim claims class clean clear
    client close club code cold collection college come comment committee common community companies company complex
    concert conduct consolidated contact contract control copy corporate cost costs council count country course
    court cover credit crop cup currency current customer customers cut daily data date day days deal dear debit
    debt decade default defence defense deferred degree delivery department desk detail details director district
    division do document dollar dollars down draft drive due duty each early earn earnings east economic economy
    education effect email employee employees end energy engine entity equity error estate event every exchange
    excuse executive expense expenses expert export face fact facts fair fall family fan far fast father fax federal
    fee fees field figure file filed filing finance financial find fine fire firm first fiscal five fixed floor flow
    follow food force force foreign form former forum forward found four free friday front fuel full fund funds
    further future gain game gas general get girl give global go goal god gold good goods goodwill government gross
    group growth guest guide guilty had half hall hand happy hard head health hear heard heart held hello help here
    hey hi high history hold holder holders home hope host hot hour house how human idea ill impact import income
    index industry info inflow information input institute insurance interest internal international internet
    invoice issue item items job join jul just keep key kids kind king know labor labour land large last late later
    latest law laws lead lease leases least leave left legal lesser let letter level liability life like limit
    limited line link list little live load loan loans local long look lose loss losses lost love low machine mail
    main make male man manager manual mark market markets material matter maximum mean medical meet meeting member
    members memo message method mid middle might military mine minimum minister ministry minute mobile model money
    month months more morning most mother mountain move movie much music must name names national nature need net
    network never new news next night no non normal north note notes notice now number object obligation of off
    offer office officer oil okay old one online only open order other our out output outside over overview own
    owner page paid paper paragraph parent part partner parts party pass past path pay payable payment people per
    percent period person personal phone photo picture place plan plans play please pleasure pleasures point points
    police policy poor post power present president press previous price prime prince princess prior private problem
    process product products profile profit program project property public purchase purpose quality quarter queen
    question questions quick quite range rate rates ratio raw read ready real reason record records red reference
    regarding regular related release remote rent repair report reports request requirements research reserve
    response rest result results return revenue revenues review right rights risk risks road role room round royal
    rule rules sale sales same save say scale scene schedule school science score screen sea second section sector
    secure securities security see self sell send senior series serve service services session set seven shall share
    shareholder shares sheet ship shop short should show side sign silver simple since single site six size skills
    small social software sold some song songs sorry source south southern space special spend staff stage standard
    standards start state statement statements status step still stock stockholders stocks stop store story street
    strong student study subject such sum summary summer sun super supply support sure survey system table take talk
    task tax taxes team tech technical teenage tell ten term terms test text than thank thanks that then there thing
    things third three time times title to today together tomorrow ton tool top topic total town track trade
    training transfer travel treaty trial trip true trust try turn two type under union unit units until up update
    upon urgent use user users value values vendor version very video view visit voice volume wait walk want war
    warning water way we web website week weekly weeks weight welcome well west western what when where which white
    who whole why wide will win window winter wish with without word words work worker workers world worst would
    write written wrong yeah year years yes yesterday yet young your zip acid afraid age ago ahead alone already
    also although always among anybody anyone anything anyway apart appear ask asks ate awful baby bad bag ball
    beach bear beat beautiful became because become bed began begin behind believe below beside between beyond
    billion bit black blue boat born both bottle bought bowl boy bread breakfast bridge bring broke brought brown
    burn busy came camp cannot cat catch caught cause cent chance cheap cheaper chosen citizen clothes coffee color
    colour corner corporation could couple crazy cry culture customs dance danger dark daughter dead death decide
    depressing did die dinner dish doctor does dog done door double doubt dozen dream dress drink drop drops drove
    dry during ear earth easy eat egg eight either else empty enough enter entire equal especially even evening ever
    everybody everyone everything exact example exist extra eye fail failed false famous fat feel feet fell felt
    female few fight fill film final fish fit flat flight fly folk foot for forget forgot fresh friend friends from
    fun funny gave gets girls glad glass gone got grand gray great green grew grow guardian guess gun guy guys hair
    happen hate hated have he heat heavy helicopter her hers herself high him himself his hit hole holiday horse
    hospital hotel huge hundred hungry hurry hurt husband ice if impulsive in injured instead into is it its itself
    joy jump jury kept kill killers kitchen knew ladies lady lake language laugh lay leg less lesson lie lift light
    lights lips living lord lot loud lunch made magic maiden many map mass match maybe me mind miss modern moment
    moon motion mouth movies mr murder my mysterious neck neither nice nine nobody noise nor nose not nothing
    nowhere oath odd often once onto opinion opposite or orchestra pain pair park parents party perfect perhaps pet
    piece pink planet plane plenty pocket poem poet pop popular pretty prison proud pull pure push put quiet rain
    ran reach realize receive recent remember rich ride ring river rock roll sad safe said sail sand sang sat saw
    season seat seem seen sell sent serious sex shape she shirt shoe shoot shut sick sing singer sir sister sit skin
    sky sleep slow smell smile smoke snow soft soldier somebody someone something sometimes son soon sort sound
    speak speech speed spent spoke sport spot spring square stand star stars stay stick stomach stone stood storm
    straight strange stream strike stuff style sudden sugar suit sweet swim taken tall taste tea tears teeth
    television tennis their them these they thick thin think this those though thought thousand threw through throw
    thus ticket till tired told tone too took touch tough toward town treat tree trouble truck twelve twice uncle
    understand unless upset us usual various visa voted wake wall warm was wash watch wear weather were wet whatever
    while whose wife wild wind wine wise woman women won wonder wood worry worth wow yard yellow you january
    february march april may june july august september october november december monday tuesday wednesday thursday
    saturday sunday jan feb mar apr jun aug sep sept oct nov dec inc ceo cfo cto hr it pdf faq usd eur gbp api id
    url iban ssn atm cc vat gaap sec ebitda irs llc asap fyi eta tbd mon tue wed thu fri ok etc vs pm am st nd rd th
    bold border brainchild catalog album artist band chorus guitar lyrics piano tour club coach football league
    player billing pin cvv swift transaction wire checking savings deposit withdraw overdraft mortgage statement
    appendix chapter clause exhibit figure section schedule table annex footnote confidential internal draft final
    handbook guideline guidelines manual onboarding privacy cloud computer database device digital hardware laptop
    password server software quarterly monthly yearly however therefore moreover vice european asian african court
    item pre non multi supplementary european c'mon
"""
COMMON_WORDS: Final = (_words(_LESSONS) | FUNCTION_WORDS | NEGATIONS | TIME_WORDS | OCCUPATIONS) - _words(
    "mark will jan"
)
"""Words that are no names, however they are written. More are known by their endings."""
COMMON_ENDINGS: Final = (
    "tion",
    "tions",
    "sion",
    "sions",
    "ment",
    "ments",
    "ness",
    "ity",
    "ities",
    "able",
    "ible",
    "ing",
    "ings",
    "ous",
    "ive",
    "ives",
    "ized",
    "ised",
    "ally",
    "ful",
    "less",
    "ical",
    "ance",
    "ence",
    "ances",
    "ences",
    "ated",
    "ship",
    "ware",
    "ology",
    "graphy",
    "ism",
    "ction",
    "ates",
    "ured",
    "ies",
    "ed",
    "ly",
    "ders",
    "ters",
    "ants",
    "ents",
    "ics",
)

PREDICATES: Final = _words("""
    said says was is has had lives lived works worked wrote writes told thinks thought likes wants went goes came will
    would can could did does spent moved got gets just also never always sang played born asked called and or who
""")
"""What follows the name of somebody who does something."""
DETERMINERS: Final = _words("the a an each any such no every this these all")
UNNAMED: Final = _words("the a an our my this that at in for with by to on and we i its each any such no")
"""No part of a name, though they begin a sentence before one."""
