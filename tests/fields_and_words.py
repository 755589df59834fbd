"""Twenty goals of twenty fields, and words that belong to each field and to no prompt of another."""

GOALS_AND_WORDS: dict[str, tuple[str, str]] = {
    "business": (
        "Write a go-to-market plan for a bookkeeping app",
        (
            "business KPI KPIs ROI stakeholder stakeholders revenue profit market marketing customer"
            " customers client clients brand branding campaign campaigns conversion conversions funnel"
            " lead leads sales pipeline synergy leverage monetize monetization churn retention B2B B2C"
            " SaaS startup investor investors roadmap milestone milestones deliver value proposition"
            " competitive competitor competitors pricing growth engagement onboarding OKR OKRs metric"
            " metrics benchmark optimize optimization scalable strategy strategic budget agile sprint"
            " backlog quarterly enterprise"
        ),
    ),
    "strength": (
        "Create a bodybuilding training program",
        "hypertrophy repetitions sets barbell deload squat deadlift protein workout muscle gym",
    ),
    "law": (
        "Contest an eviction notice in Berlin and prepare the tenant's documents",
        "tenancy landlord statute plaintiff defendant court lawsuit attorney litigation clause",
    ),
    "bread": (
        "Learn to bake sourdough at home",
        "sourdough levain crumb oven dough proofing yeast",
    ),
    "guitar": (
        "Practise lead guitar for a blues gig in June",
        "guitar fretboard pentatonic chord chords riff melody tuning amplifier setlist",
    ),
    "beekeeping": (
        "Bring two bee colonies through the winter",
        "hive colony queen varroa honey frames",
    ),
    "software": (
        "Move a web shop's sessions from memory to Redis",
        "database deployment repository API endpoint backend frontend refactor compiler server",
    ),
    "medicine": (
        "Plan rehabilitation after a knee replacement",
        "patient diagnosis dosage symptom therapy surgeon clinical physiotherapist prognosis",
    ),
    "astronomy": (
        "Photograph the Orion nebula from a city",
        "telescope nebula exposure galaxy orbit",
    ),
    "carpentry": (
        "Build an oak dining table with hand tools",
        "chisel mortise tenon plywood lumber",
    ),
    "gardening": (
        "Turn a lawn into a vegetable garden",
        "compost mulch seedling pruning irrigation",
    ),
    "school": (
        "Prepare a science week for ten-year-olds",
        "curriculum pupils classroom homework syllabus lesson teacher grading",
    ),
    "sailing": (
        "Sail from Brest to the Azores in a small boat",
        "mast rigging anchor helm keel port",
    ),
    "cooking": (
        "Cook a five-course dinner for twelve",
        "recipe simmer saute marinade ingredients menu",
    ),
    "chemistry": (
        "Measure the caffeine content of teas",
        "titration reagent molar solvent catalyst chromatography assay",
    ),
    "journalism": (
        "Report on water quality in our town",
        "newsroom headline editor byline sources interviewee scoop",
    ),
    "film": (
        "Shoot a ten-minute documentary about a lighthouse",
        "screenplay footage lens montage",
    ),
    "farming": (
        "Convert forty hectares to organic grain",
        "livestock tillage harvest fertilizer acre",
    ),
    "church": (
        "Prepare a memorial service for a parish",
        "liturgy sermon hymn congregation prayer",
    ),
    "firefighting": (
        "Train a village's volunteer fire brigade for forest fires",
        "hydrant hose evacuation incident firefighters blaze",
    ),
}
"""Field: a goal of it, and its words."""
