"""French."""

import re

from services.gateway.mock.glue.form import Glue, Work, words

FRENCH = Glue(
    code="fr",
    names=words(
        "french französisch francese francés francês français frans 法语 法文 フランス語"
        " الفرنسية fr"
    ),
    function_words=words(
        "le la les l' un une des du de d' à a au aux en dans par pour sur sous avec sans chez entre"
        " vers depuis pendant contre après avant et ou ni mais donc or car si que qu' qui quoi dont"
        " où quand comment pourquoi lorsque parce afin aussi ne n' pas non oui plus moins très"
        " beaucoup peu tout toute tous toutes chaque quelque quelques autre autres même ce cet"
        " cette ces c' mon ma mes notre nos ton ta tes votre vos son sa ses leur leurs je j' tu il"
        " elle on nous vous ils elles me m' te t' se s' lui y est sont était être suis ai as avons"
        " ont avoir eu peut peuvent dois doit doivent veux voudrais voulons faut ici déjà encore"
        " seulement puis ensuite merci"
    ),
    work_verbs=words(
        "crée créez fais faites écris écrivez organise organisez planifie planifiez prépare"
        " préparez conçois concevez développe développez améliore améliorez apprends construis"
        " construisez réalise réalisez définis définissez trouve trouvez décris décrivez compare"
        " comparez vérifie vérifiez décide choisis rassemble liste aide aidez explique expliquez"
        " élabore élaborez rédige rédigez répare réparez"
    ),
    determiners=words("le la les l' un une des mon ma mes notre nos ce cet cette ces son sa ses"),
    linkers=words("de du des d' à"),
    continuers=words(
        "de du des d' pour avec sur en et à au aux dans la le les l' un une sans chez par"
    ),
    infinitive=re.compile(r".{2,}(?:er|ir|[dtv]re|crire|aire)"),
    head_last=False,
    joins=(
        (re.compile(r"\b([DdLl])[ea] (?=[aeiouyhàâéèêîôûAEIOUYHÀÉÈÊÎ])"), r"\1'"),
        (re.compile(r"\bde le (?=\w)"), "du "),
        (re.compile(r"\bde les (?=\w)"), "des "),
    ),
    definite=(("un ", "le "), ("une ", "la ")),
    spelling=re.compile(
        r"eau|eux\b|ement\b|tion\b|oi|ou|é|è|ê|î|û|œ|ette\b|aire\b|eur\b|er\b|[ld]['’]"
    ),
    both="{0} et {1}",
    gather=Work(
        titles=("Réunir ce que l'on sait pour {g}", "Réunir ce que l'on sait sur {t}"),
        descriptions=(
            "Réunir ce qui existe déjà pour {g} et noter ce qui manque encore.",
            "Réunir ce qui existe déjà sur {t} et noter ce qui manque encore pour {g}.",
        ),
        criteria=(
            "Chaque question ouverte pour {g} figure sur la liste.",
            "Chaque question ouverte sur {t} figure sur la liste.",
            "Les notes sur {t} disent d'où vient chaque fait.",
        ),
        deliverables=("Notes pour {g}", "Notes sur {t}"),
    ),
    decide=Work(
        titles=("Décider ce qu'il faut pour {g}", "Prendre les décisions sur {t}"),
        descriptions=(
            "Fixer ce qu'il faut pour {g} et ce que l'on peut laisser de côté, et écrire pourquoi.",
            "Régler chaque question sur {t} d'une manière qui convient pour {g}, et écrire pourquoi.",
        ),
        criteria=(
            "À côté de chaque décision pour {g} se trouve la raison.",
            "À côté de chaque décision sur {t} se trouve la raison.",
            "Aucune question sur {t} ne reste ouverte.",
        ),
        deliverables=("Liste des décisions pour {g}", "Liste des décisions sur {t}"),
    ),
    describe=Work(
        titles=("Décrire pas à pas ce qu'il faut pour {g}", "Décrire {t} pas à pas"),
        descriptions=(
            "Décrire en mots simples ce qu'il faut pour {g}, étape par étape.",
            "Expliquer en mots simples le rôle de {t} pour {g}, étape par étape.",
        ),
        criteria=(
            "La description pour {g} se comprend sans poser de question.",
            "La description sur {t} se comprend sans poser de question.",
            "La description explique le rôle de {t} pour {g}.",
        ),
        deliverables=("Description pour {g}", "Description : {t}"),
    ),
    compare=Work(
        titles=("Comparer les possibilités pour {g}", "Comparer les possibilités pour {t}"),
        descriptions=(
            "Mettre au moins deux possibilités pour {g} côte à côte et dire laquelle est meilleure.",
            (
                "Mettre au moins deux possibilités pour {t} côte à côte et dire laquelle convient mieux"
                " pour {g}."
            ),
        ),
        criteria=(
            "Au moins deux possibilités pour {g} sont comparées.",
            "Au moins deux possibilités pour {t} sont comparées.",
            "Le choix sur {t} est expliqué.",
        ),
        deliverables=(
            "Comparaison des possibilités pour {g}",
            "Comparaison des possibilités pour {t}",
        ),
    ),
    prepare=Work(
        titles=("Tout préparer pour {g}", "Préparer {t}", "Préparer {t} pour {g}"),
        descriptions=(
            "Préparer tout ce qu'il faut pour {g} et noter chaque étape.",
            "Travailler sur {t} jusqu'à ce que tout soit prêt pour {g}, et noter chaque étape.",
        ),
        criteria=(
            "Tout ce qu'il faut pour {g} est prêt.",
            "Tout ce qui concerne {t} est prêt.",
            "Chaque étape sur {t} est notée.",
        ),
        deliverables=("Document pour {g}", "Document sur {t}"),
    ),
    arrange=Work(
        titles=("Mettre en ordre les étapes pour {g}", "Mettre en ordre les étapes pour {t}"),
        descriptions=(
            (
                "Lister toutes les étapes pour {g} et les ordonner : ce qui vient d'abord, ce qui peut"
                " attendre."
            ),
            "Lister toutes les étapes pour {t} et les mettre dans un ordre qui convient pour {g}.",
        ),
        criteria=(
            "La liste montre quelle étape pour {g} vient d'abord.",
            "La liste montre quelle étape pour {t} vient d'abord.",
            "Aucune étape pour {t} ne doit attendre une étape suivante.",
        ),
        deliverables=("Liste des étapes pour {g}", "Liste des étapes pour {t}"),
    ),
    check=Work(
        titles=("Tout vérifier pour {g} du début à la fin", "Vérifier {t}"),
        descriptions=(
            "Tout relire pour {g} du début à la fin et corriger chaque erreur.",
            "Relire tout ce qui concerne {t} et corriger ce qui ne convient pas pour {g}.",
        ),
        criteria=(
            "Chaque erreur trouvée pour {g} est corrigée.",
            "Chaque erreur trouvée sur {t} est corrigée.",
            "Une deuxième personne a vérifié {t}.",
        ),
        deliverables=("Liste des corrections pour {g}", "Liste des corrections sur {t}"),
    ),
    people=(
        "Coordination pour {g}",
        "Spécialiste pour {t}",
        "Aide pour {t}",
        "Soutien pour {t}",
    ),
    duties=(
        "Tient ensemble tout le travail pour {g} et a le dernier mot.",
        "S'occupe de {t}, des premières notes à la dernière vérification.",
        "Répond à chaque question sur {t} et tient les notes.",
    ),
    questions=("Qu'est-ce qui existe déjà pour {g} ?", "Que sait-on déjà sur {t} ?"),
    passages=(
        "{t} : on commence par là, et tout le reste en découle.",
        "{t} : chaque fois de la même façon, pour voir tout de suite ce qui change.",
        "{t} : de petits pas, et le suivant seulement quand le dernier est bon.",
        "{t} : deux fois par semaine suffisent au début, trois fois ensuite.",
        "{t} : ce qui reste aujourd'hui passe en premier la prochaine fois.",
        "{t} : un regard avant, un regard après, et les deux sont notés.",
    ),
)
