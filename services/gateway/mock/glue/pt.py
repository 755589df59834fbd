"""Portuguese."""

import re

from services.gateway.mock.glue.form import Glue, Work, words

PORTUGUESE = Glue(
    code="pt",
    names=words(
        "portuguese portugiesisch portoghese portugués português portugais portugees 葡萄牙语"
        " ポルトガル語 البرتغالية pt"
    ),
    function_words=words(
        "o a os as um uma uns umas de do da dos das em no na nos nas num numa ao à aos às por pelo"
        " pela pelos pelas para pra com sem sob sobre entre até desde durante contra e ou nem mas"
        " se que quê quem qual quais quando onde como porque embora enquanto também não sim mais"
        " menos muito muita muitos muitas pouco poucos todo toda todos todas cada algum alguma"
        " alguns algumas outro outra outros outras este esta estes estas esse essa isso isto"
        " aquele meu minha meus minhas nosso nossa nossos nossas teu tua seu sua seus suas eu tu"
        " você ele ela nós vocês eles elas me te lhe é são era foi ser estar está estão tem têm ter"
        " há pode podem posso deve devem quero queremos gostaria preciso só já ainda depois aqui"
        " favor"
    ),
    work_verbs=words(
        "crie cria faça faz escreva escreve organize organiza planeje planeie planeia prepare"
        " prepara projete desenvolva melhore aprenda construa realize defina encontre descreva"
        " compare verifique decida escolha reúna liste ajude elabore conserte explique monte"
    ),
    determiners=words("o a os as um uma uns umas meu minha nosso nossa este esta seu sua"),
    linkers=words("de do da dos das"),
    continuers=words("de do da dos das para com sobre em no na nos nas e ao à a o um uma sem por"),
    infinitive=re.compile(r".{2,}(?:ar|er|ir|or)"),
    head_last=False,
    spelling=re.compile(r"ção|ções|ã|õ|lh|nh|dade\b|[aei]r\b|ou\b|ê|á"),
    joins=(
        (re.compile(r"\bde ([oa]s?) (?=\w)"), r"d\1 "),
        (re.compile(r"\bem ([oa]s?) (?=\w)"), r"n\1 "),
    ),
    definite=(("um ", "o "), ("uma ", "a "), ("uns ", "os "), ("umas ", "as ")),
    both="{0} e {1}",
    gather=Work(
        titles=("Reunir o que se sabe para {g}", "Reunir o que se sabe sobre {t}"),
        descriptions=(
            "Reunir o que já existe para {g} e anotar o que ainda falta.",
            "Reunir o que já existe sobre {t} e anotar o que ainda falta para {g}.",
        ),
        criteria=(
            "Cada pergunta em aberto para {g} está na lista.",
            "Cada pergunta em aberto sobre {t} está na lista.",
            "As notas sobre {t} dizem de onde vem cada dado.",
        ),
        deliverables=("Notas para {g}", "Notas sobre {t}"),
    ),
    decide=Work(
        titles=("Decidir o que é necessário para {g}", "Decidir sobre {t}"),
        descriptions=(
            "Definir o que é necessário para {g} e o que pode ficar de fora, e escrever porquê.",
            "Esclarecer cada pergunta sobre {t} de um modo que sirva para {g}, e anotar as razões.",
        ),
        criteria=(
            "Ao lado de cada decisão para {g} está a razão.",
            "Ao lado de cada decisão sobre {t} está a razão.",
            "Nenhuma pergunta sobre {t} fica em aberto.",
        ),
        deliverables=("Lista de decisões para {g}", "Lista de decisões sobre {t}"),
    ),
    describe=Work(
        titles=("Descrever passo a passo o necessário para {g}", "Descrever {t} passo a passo"),
        descriptions=(
            "Descrever com palavras simples o necessário para {g}, passo a passo.",
            "Explicar com palavras simples o papel de {t} para {g}, passo a passo.",
        ),
        criteria=(
            "A descrição para {g} entende-se sem perguntar.",
            "A descrição sobre {t} entende-se sem perguntar.",
            "A descrição explica o papel de {t}.",
        ),
        deliverables=("Descrição para {g}", "Descrição: {t}"),
    ),
    compare=Work(
        titles=("Comparar possibilidades para {g}", "Comparar possibilidades para {t}"),
        descriptions=(
            "Pôr pelo menos duas possibilidades para {g} lado a lado e dizer qual é melhor.",
            (
                "Pôr pelo menos duas possibilidades para {t} lado a lado e dizer qual serve melhor para"
                " {g}."
            ),
        ),
        criteria=(
            "Pelo menos duas possibilidades para {g} são comparadas.",
            "Pelo menos duas possibilidades para {t} são comparadas.",
            "A escolha sobre {t} está explicada.",
        ),
        deliverables=(
            "Comparação de possibilidades para {g}",
            "Comparação de possibilidades para {t}",
        ),
    ),
    prepare=Work(
        titles=("Preparar tudo para {g}", "Preparar {t}", "Preparar {t} para {g}"),
        descriptions=(
            "Preparar tudo o que é necessário para {g} e anotar cada passo.",
            "Trabalhar em {t} até que tudo esteja pronto para {g}, e anotar cada passo.",
        ),
        criteria=(
            "Tudo o que é necessário para {g} está pronto.",
            "Tudo sobre {t} está pronto.",
            "Cada passo sobre {t} está anotado.",
        ),
        deliverables=("Documento para {g}", "Documento sobre {t}"),
    ),
    arrange=Work(
        titles=("Ordenar os passos para {g}", "Ordenar os passos para {t}"),
        descriptions=(
            "Listar todos os passos para {g} e ordená-los: o que vem primeiro, o que pode esperar.",
            "Listar todos os passos para {t} e pô-los numa ordem que sirva para {g}.",
        ),
        criteria=(
            "A lista mostra que passo para {g} vem primeiro.",
            "A lista mostra que passo para {t} vem primeiro.",
            "Nenhum passo para {t} tem de esperar por um posterior.",
        ),
        deliverables=("Lista de passos para {g}", "Lista de passos para {t}"),
    ),
    check=Work(
        titles=("Verificar tudo para {g} do início ao fim", "Verificar {t}"),
        descriptions=(
            "Rever tudo para {g} do início ao fim e corrigir cada erro.",
            "Rever tudo sobre {t} e corrigir o que não serve para {g}.",
        ),
        criteria=(
            "Cada erro encontrado para {g} está corrigido.",
            "Cada erro encontrado sobre {t} está corrigido.",
            "Uma segunda pessoa verificou {t}.",
        ),
        deliverables=("Lista de correções para {g}", "Lista de correções sobre {t}"),
    ),
    people=(
        "Coordenação para {g}",
        "Especialista para {t}",
        "Assistente para {t}",
        "Ajudante para {t}",
    ),
    duties=(
        "Mantém junto todo o trabalho para {g} e tem a última palavra.",
        "Cuida de {t}, das primeiras notas à última verificação.",
        "Responde a cada pergunta sobre {t} e guarda as notas.",
    ),
    questions=("O que já existe para {g}?", "O que já se sabe sobre {t}?"),
    passages=(
        "{t}: começa-se por aqui, e tudo o mais vem depois.",
        "{t}: sempre da mesma maneira, para ver logo o que muda.",
        "{t}: passos pequenos, e o seguinte só quando o último está certo.",
        "{t}: no início bastam duas vezes por semana, mais tarde três.",
        "{t}: o que sobra hoje vem primeiro da próxima vez.",
        "{t}: um olhar antes, um olhar depois, e os dois ficam anotados.",
    ),
)
