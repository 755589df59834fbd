"""English."""

import re

from services.gateway.mock.glue.form import Glue, Work, words

ENGLISH = Glue(
    code="en",
    names=words(
        "english englisch inglese inglés inglês anglais engels 英语 英文 英語 الإنجليزية en"
    ),
    function_words=words(
        "a an the this that these those my our your his her its their some any each every all both"
        " i you he she it we they me us him them who whom whose which what when where why how"
        " and or but nor so if then than as because while until unless though although since"
        " of in on at by for from to into onto over under about after before between through"
        " during without within with against among across per up down out off upon toward"
        " is are was were be been being am do does did done doing has have had having can could"
        " will would shall should may might must not no yes please want need wants needs like"
        " there here also only just very more most less least many much few own same other such"
        " too again already still ever never always let lets let's i'm i'd i'll we're don't"
        " next last etc using use able nobody somebody anybody everybody someone anyone everyone nothing"
        " something anything everything"
    ),
    work_verbs=words(
        "create make build write plan prepare design develop organise organize improve learn fix"
        " set define find describe compare check decide choose collect gather list draft put get"
        " give help teach show start finish run hold do add change move turn bring keep take"
        " explain identify review track measure increase reduce outline establish ensure provide"
        " produce complete update monitor determine document record study research select arrange"
        " schedule assign conduct implement evaluate analyse analyze assess test discuss present"
        " share align run answer settle work think go come train cook bake"
    ),
    determiners=words("a an the my our your his her its their this these those some"),
    linkers=words("of"),
    continuers=words("of for on about with in and at"),
    particles=words("to"),
    definite=(("a ", "the "), ("an ", "the ")),
    infinitive=re.compile(r".{3,}(?:ize|ify)"),
    spelling=re.compile(r"ing\b|ed\b|tion\b|th|wh|ck|sh|ow\b|ew\b|ee|oo|y\b"),
    both="{0} and {1}",
    gather=Work(
        titles=("Gather what is known about {g}", "Gather what is known about {t}"),
        descriptions=(
            "Collect what is already there for {g} and list what is still missing.",
            "Collect what is already there on {t} and list what is still missing for {g}.",
        ),
        criteria=(
            "Every open question about {g} is on the list.",
            "Every open question about {t} is on the list.",
            "The notes on {t} say where each fact comes from.",
        ),
        deliverables=("Notes on {g}", "Notes on {t}"),
    ),
    decide=Work(
        titles=("Decide what {g} needs", "Decide on {t}", "Decide on {t} for {g}"),
        descriptions=(
            "Settle what has to be part of {g} and what can be left out, and write down why.",
            "Settle every question about {t} in a way that suits {g}, and write down why.",
        ),
        criteria=(
            "Every decision about {g} has its reason next to it.",
            "Every decision on {t} has its reason next to it.",
            "No question about {t} is left open.",
        ),
        deliverables=("List of decisions for {g}", "List of decisions on {t}"),
    ),
    describe=Work(
        titles=("Describe how {g} should turn out", "Describe {t} step by step"),
        descriptions=(
            "Describe in plain words how {g} should turn out, one step at a time.",
            "Explain in plain words what part {t} should play for {g}, one step at a time.",
        ),
        criteria=(
            "Someone new can follow the description of {g} without asking.",
            "Someone new can follow the description of {t} without asking.",
            "The description says what part {t} should play for {g}.",
        ),
        deliverables=("Description of {g}", "Description of {t}"),
    ),
    compare=Work(
        titles=("Compare possibilities for {g}", "Compare possibilities for {t}"),
        descriptions=(
            "Put at least two possibilities for {g} side by side and say which one is better.",
            "Put at least two possibilities for {t} side by side and say which suits {g} better.",
        ),
        criteria=(
            "At least two possibilities for {g} are compared.",
            "At least two possibilities for {t} are compared.",
            "The choice for {t} is explained.",
        ),
        deliverables=(
            "Comparison of possibilities for {g}",
            "Comparison of possibilities for {t}",
        ),
    ),
    prepare=Work(
        titles=("Prepare {g}", "Prepare {t}", "Prepare {t} for {g}"),
        descriptions=(
            "Get everything ready that {g} needs, and write down each step.",
            "Work on {t} until everything is ready for {g}, and write down each step.",
        ),
        criteria=(
            "Everything that {g} needs is ready.",
            "Everything about {t} is ready to use.",
            "Each step for {t} is written down.",
        ),
        deliverables=("Document on {g}", "Document on {t}"),
    ),
    arrange=Work(
        titles=("Put the steps for {g} in order", "Put the steps for {t} in order"),
        descriptions=(
            "List all steps for {g} and put them in order: what comes first, what can wait.",
            "List all steps for {t} and put them in an order that suits {g}.",
        ),
        criteria=(
            "The list shows which step for {g} comes first.",
            "The list shows which step for {t} comes first.",
            "No step for {t} has to wait for a later one.",
        ),
        deliverables=("List of steps for {g}", "List of steps for {t}"),
    ),
    check=Work(
        titles=("Check {g} from beginning to end", "Check {t}", "Check {t} for {g}"),
        descriptions=(
            "Go through {g} from beginning to end, note every fault and correct it.",
            "Go through everything on {t}, note what does not suit {g}, and correct it.",
        ),
        criteria=(
            "Every fault found in {g} is corrected.",
            "Every fault found in {t} is corrected.",
            "A second person has checked {t}.",
        ),
        deliverables=("List of corrections for {g}", "List of corrections for {t}"),
    ),
    people=("Coordinator for {g}", "Specialist for {t}", "Adviser on {t}", "Helper for {t}"),
    duties=(
        "Keeps all work on {g} together and has the last word.",
        "Takes care of {t} from the first notes to the last check.",
        "Answers every question about {t} and keeps the notes on it.",
    ),
    questions=("What is already there for {g}?", "What is known so far about {t}?"),
    passages=(
        "{t}: this comes first, and all else follows from it.",
        "{t}: the same each time, so that a change is seen at once.",
        "{t}: small steps, and the next one only when the last is right.",
        "{t}: twice a week is enough at the beginning, three times later on.",
        "{t}: what is left over today is the first thing next time.",
        "{t}: one look before, one look after, and both are written down.",
    ),
)
