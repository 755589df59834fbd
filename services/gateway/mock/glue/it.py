"""Italian."""

import re

from services.gateway.mock.glue.form import Glue, Work, words

ITALIAN = Glue(
    code="it",
    names=words(
        "italian italienisch italiano italien italiaans 意大利语 意大利文 イタリア語 الإيطالية it"
    ),
    function_words=words(
        "il lo la i gli le l' un uno una un' del dello della dei degli delle dell' di d' al allo"
        " alla ai agli alle all' a da dal dallo dalla dai dagli dalle dall' in nel nello nella nei"
        " negli nelle nell' su sul sullo sulla sui sugli sulle sull' con per tra fra e ed o oppure"
        " ma se che chi cui come quando dove perché mentre anche non più meno molto molti molte"
        " poco pochi tutto tutti tutte ogni alcuni alcune qualche altro altri altre questo questa"
        " questi queste quello quella mio mia miei mie nostro nostra nostri nostre tuo tua suo sua"
        " loro io tu lui lei noi voi mi ti ci vi si lo ne è sono era erano sia essere stato ho hai"
        " ha abbiamo hanno avere può possono posso deve devono devo voglio vorrei vogliamo senza"
        " contro dopo prima durante entro fino verso ecco già ancora solo poi qui"
    ),
    work_verbs=words(
        "crea fai fare scrivi organizza pianifica prepara progetta sviluppa migliora impara"
        " costruisci realizza definisci trova descrivi confronta controlla decidi scegli raccogli"
        " elenca aiuta aiutami spiega imposta stendi elabora ripara aggiusta"
    ),
    determiners=words("il lo la i gli le l' un uno una un' mio mia nostro nostra questo questa"),
    linkers=words("di del dello della dei degli delle dell' d' da"),
    continuers=words(
        "di del dello della dei degli delle dell' d' da per con su sul sulla sui sulle in nel nella"
        " e al alla allo ai alle all' a il lo la i gli le l' un uno una senza"
    ),
    infinitive=re.compile(r".{2,}(?:are|ere|ire|rre|rsi)"),
    head_last=False,
    spelling=re.compile(r"zion|ità\b|gli|cci|[ao]lla\b|tt[aeo]\b|[aei]re\b|gg|zz|ò\b|ù\b"),
    joins=(
        (re.compile(r"\b(?:il|la|lo) (?=[aeiouàèéìòù])"), "l'"),
        (re.compile(r"\b([Ss])u il "), r"\1ul "),
        (re.compile(r"\b([Ss])u (l[aoe] |l')"), r"\1ul\2"),
        (re.compile(r"\bdi il "), "del "),
        (re.compile(r"\bdi (l[aoe] |l')"), r"del\1"),
    ),
    definite=(("un'", "l'"), ("un ", "il "), ("uno ", "lo "), ("una ", "la ")),
    both="{0} e {1}",
    gather=Work(
        titles=("Raccogliere ciò che serve sapere per {g}", "Raccogliere ciò che si sa su {t}"),
        descriptions=(
            "Raccogliere ciò che esiste già per {g} e annotare che cosa manca ancora.",
            "Raccogliere ciò che esiste già su {t} e annotare che cosa manca ancora per {g}.",
        ),
        criteria=(
            "Ogni domanda aperta per {g} è nell'elenco.",
            "Ogni domanda aperta su {t} è nell'elenco.",
            "Gli appunti su {t} indicano da dove viene ogni dato.",
        ),
        deliverables=("Appunti per {g}", "Appunti su {t}"),
    ),
    decide=Work(
        titles=("Decidere che cosa serve per {g}", "Prendere le decisioni su {t}"),
        descriptions=(
            "Stabilire che cosa serve per {g} e che cosa si può lasciare fuori, e scrivere perché.",
            "Chiarire ogni domanda su {t} in modo adatto per {g}, e scrivere perché.",
        ),
        criteria=(
            "Accanto a ogni decisione per {g} c'è il motivo.",
            "Accanto a ogni decisione su {t} c'è il motivo.",
            "Nessuna domanda su {t} resta aperta.",
        ),
        deliverables=("Elenco delle decisioni per {g}", "Elenco delle decisioni su {t}"),
    ),
    describe=Work(
        titles=("Descrivere passo per passo che cosa occorre per {g}", "Descrivere bene {t}"),
        descriptions=(
            "Descrivere con parole semplici che cosa occorre per {g}, un passo alla volta.",
            "Spiegare con parole semplici l'uso di {t} per {g}, un passo alla volta.",
        ),
        criteria=(
            "La descrizione per {g} si capisce senza chiedere altro.",
            "La descrizione su {t} si capisce senza chiedere altro.",
            "La descrizione spiega l'uso di {t} per {g}.",
        ),
        deliverables=("Descrizione per {g}", "Descrizione: {t}"),
    ),
    compare=Work(
        titles=("Confrontare le possibilità per {g}", "Confrontare le possibilità per {t}"),
        descriptions=(
            "Mettere a confronto almeno due possibilità per {g} e dire quale è migliore.",
            "Mettere a confronto almeno due possibilità per {t} e dire quale è più adatta per {g}.",
        ),
        criteria=(
            "Almeno due possibilità per {g} sono messe a confronto.",
            "Almeno due possibilità per {t} sono messe a confronto.",
            "La scelta per {t} è spiegata.",
        ),
        deliverables=("Confronto delle possibilità per {g}", "Confronto delle possibilità per {t}"),
    ),
    prepare=Work(
        titles=("Preparare tutto per {g}", "Preparare {t}", "Preparare {t} per {g}"),
        descriptions=(
            "Preparare tutto ciò che serve per {g} e scrivere ogni passo.",
            "Lavorare su {t} finché tutto è pronto per {g}, e scrivere ogni passo.",
        ),
        criteria=(
            "Tutto ciò che serve per {g} è pronto.",
            "Tutto ciò che riguarda {t} è pronto.",
            "Ogni passo per {t} è scritto.",
        ),
        deliverables=("Documento per {g}", "Documento su {t}"),
    ),
    arrange=Work(
        titles=("Mettere in ordine i passi per {g}", "Mettere in ordine i passi per {t}"),
        descriptions=(
            (
                "Elencare tutti i passi per {g} e metterli in ordine: che cosa viene prima e che cosa"
                " può aspettare."
            ),
            "Elencare tutti i passi per {t} e metterli in un ordine adatto per {g}.",
        ),
        criteria=(
            "L'elenco mostra quale passo per {g} viene prima.",
            "L'elenco mostra quale passo per {t} viene prima.",
            "Nessun passo per {t} deve aspettare un passo successivo.",
        ),
        deliverables=("Elenco dei passi per {g}", "Elenco dei passi per {t}"),
    ),
    check=Work(
        titles=("Controllare tutto per {g} dall'inizio alla fine", "Controllare {t}"),
        descriptions=(
            "Rivedere tutto per {g} dall'inizio alla fine e correggere ogni errore.",
            "Rivedere tutto su {t} e correggere ciò che non è adatto per {g}.",
        ),
        criteria=(
            "Ogni errore trovato per {g} è corretto.",
            "Ogni errore trovato su {t} è corretto.",
            "Una seconda persona ha controllato {t}.",
        ),
        deliverables=("Elenco delle correzioni per {g}", "Elenco delle correzioni su {t}"),
    ),
    people=(
        "Coordinamento per {g}",
        "Specialista per {t}",
        "Consulente per {t}",
        "Assistente per {t}",
    ),
    duties=(
        "Tiene insieme tutto il lavoro per {g} e ha l'ultima parola.",
        "Si occupa di {t}, dai primi appunti all'ultimo controllo.",
        "Risponde a ogni domanda su {t} e tiene gli appunti.",
    ),
    questions=("Che cosa esiste già per {g}?", "Che cosa si sa già su {t}?"),
    passages=(
        "{t}: si comincia da qui, e tutto il resto ne segue.",
        "{t}: ogni volta allo stesso modo, così un cambiamento si vede subito.",
        "{t}: piccoli passi, e il prossimo solo quando l'ultimo va bene.",
        "{t}: due volte a settimana bastano all'inizio, tre più avanti.",
        "{t}: quello che resta oggi viene per primo la prossima volta.",
        "{t}: uno sguardo prima, uno sguardo dopo, e si annotano entrambi.",
    ),
)
