"""Chinese. Its function words are cut out of the text, since no spaces part the words."""

from services.gateway.mock.glue.form import Glue, Work, words

CHINESE = Glue(
    code="zh",
    names=words(
        "chinese mandarin chinesisch cinese chino chinois chinês chinees 中文 汉语 简体中文"
        " 中国語 الصينية zh"
    ),
    function_words=words(
        "一个 一份 一场 一套 一种 一篇 一次 一项 一本 一些 这个 那个 这些 那些 我们 你们 他们 我的 我想"
        " 你 我 请 的 和 与 及 以及 或者 或 关于 用于 针对 对于 为了 如何 怎么 怎样 什么 可以 需要 应该"
        " 想要 并且 但是 因为 所以 如果 以便 通过 使用 进行 所有 每个 每 从 到 把 将 让 在 是 了 给 为"
        " 一下 之间 之后 之前 其中 以及 不 也 都 很 更 最 等 吗 呢"
    ),
    work_verbs=words(
        "制定 创建 编写 撰写 举办 策划 筹备 准备 建立 开发 改善 改进 提高 学习 学会 修复 修理 描述 比较"
        " 检查 决定 选择 收集 列出 安排 帮助 帮 写 做 办"
    ),
    both="{0}和{1}",
    gather=Work(
        titles=("收集与{g}有关的资料", "收集与{t}有关的资料"),
        descriptions=(
            "收集{g}已有的资料，并记下还缺少什么。",
            "收集与{t}有关的已有资料，并记下{g}还缺少什么。",
        ),
        criteria=(
            "与{g}有关的每个未决问题都已列出。",
            "与{t}有关的每个未决问题都已列出。",
            "关于{t}的笔记写明了资料的来源。",
        ),
        deliverables=("{g}的资料笔记", "{t}的资料笔记"),
    ),
    decide=Work(
        titles=("决定{g}需要什么", "决定{t}的做法"),
        descriptions=(
            "确定{g}必须包含什么、可以省去什么，并写下理由。",
            "逐一解决与{t}有关的问题，使其适合{g}，并写下理由。",
        ),
        criteria=(
            "关于{g}的每个决定旁边都写有理由。",
            "关于{t}的每个决定旁边都写有理由。",
            "与{t}有关的问题没有遗漏。",
        ),
        deliverables=("{g}的决定清单", "{t}的决定清单"),
    ),
    describe=Work(
        titles=("分步说明{g}应有的样子", "分步说明{t}"),
        descriptions=(
            "用简单的话分步说明{g}应有的样子。",
            "用简单的话分步说明{t}在{g}中的作用。",
        ),
        criteria=(
            "初次接触的人能看懂{g}的说明。",
            "初次接触的人能看懂{t}的说明。",
            "说明中写清了{t}在{g}中的作用。",
        ),
        deliverables=("{g}的说明", "{t}的说明"),
    ),
    compare=Work(
        titles=("比较{g}的几种做法", "比较{t}的几种做法"),
        descriptions=(
            "把{g}的至少两种做法放在一起比较，并说明哪一种更好。",
            "把{t}的至少两种做法放在一起比较，并说明哪一种更适合{g}。",
        ),
        criteria=(
            "至少比较了{g}的两种做法。",
            "至少比较了{t}的两种做法。",
            "对{t}的选择给出了解释。",
        ),
        deliverables=("{g}的做法比较", "{t}的做法比较"),
    ),
    prepare=Work(
        titles=("准备好{g}所需的一切", "准备{t}", "为{g}准备{t}"),
        descriptions=(
            "准备好{g}所需的一切，并写下每个步骤。",
            "完善{t}，直到可以用于{g}，并写下每个步骤。",
        ),
        criteria=(
            "{g}所需的一切都已备好。",
            "与{t}有关的一切都已备好。",
            "{t}的每个步骤都已写下。",
        ),
        deliverables=("{g}的文档", "{t}的文档"),
    ),
    arrange=Work(
        titles=("排好{g}的步骤顺序", "排好{t}的步骤顺序"),
        descriptions=(
            "列出{g}的所有步骤并排好顺序：先做什么，什么可以等。",
            "列出{t}的所有步骤，并按适合{g}的顺序排好。",
        ),
        criteria=(
            "清单写明了{g}的哪一步在先。",
            "清单写明了{t}的哪一步在先。",
            "{t}的每一步都不必等待后面的步骤。",
        ),
        deliverables=("{g}的步骤清单", "{t}的步骤清单"),
    ),
    check=Work(
        titles=("从头到尾检查{g}", "检查{t}"),
        descriptions=(
            "从头到尾检查{g}，记下每个错误并改正。",
            "检查与{t}有关的全部内容，改正不适合{g}的地方。",
        ),
        criteria=(
            "在{g}中发现的每个错误都已改正。",
            "在{t}中发现的每个错误都已改正。",
            "第二个人检查过{t}。",
        ),
        deliverables=("{g}的改正清单", "{t}的改正清单"),
    ),
    people=("{g}协调人", "{t}专员", "{t}顾问", "{t}助手"),
    duties=(
        "统筹{g}的全部工作，并作最后的决定。",
        "负责{t}，从最初的笔记到最后的检查。",
        "回答与{t}有关的问题，并保管笔记。",
    ),
)
