"""The first hour: how the patient is, what is needed, which certificate, the visit. Nobody is asked to come to the counter."""

from __future__ import annotations

from typing import Any

from xiaoshi.core.casework.commands import SetFacts
from xiaoshi.core.problems import Words
from xiaoshi.desk.cases.people_on_case import tell
from xiaoshi.desk.cases.steps import finish_step
from xiaoshi.desk.guard.boundary import Context, act
from xiaoshi.desk.guard.refusals import Invalid, invalid, refuse
from xiaoshi.desk.kinds.urgent_payment.paper_rules import papers_for
from xiaoshi.desk.kinds.urgent_payment.payee_name import name_problem
from xiaoshi.desk.kinds.urgent_payment.slips import undertaking, visit_record
from xiaoshi.desk.kinds.urgent_payment.standing import facts_of, require_alive, require_turn
from xiaoshi.desk.money.chart import ensure_deposit_account
from xiaoshi.desk.money.models import Account, Instrument, MoneyOrder
from xiaoshi.desk.organisation.models import Staff
from xiaoshi.desk.papers.requirements import HOW_ASKED, note_asked
from xiaoshi.desk.people.models import Client

PATIENT = {
    "unconscious": Words("昏迷，不能表达", "unconscious"),
    "awake": Words("清醒，能够表达", "awake and able to decide"),
    "dead": Words("已去世", "dead"),
}
WAYS = {
    "ward": Words("到病区探视", "at the bedside"),
    "video": Words("视频探视", "by video"),
}


@act("urgent_payment.first_contact", "先问病情，一次告知", "Ask about the patient first")
def first_contact(
    ctx: Context, *, condition: str, ward: str, contact_name: str, contact_phone: str, how: str
) -> dict[str, Any]:
    """How he is, where he lies, whom to call; and every paper that the facts ask for, said at once. Answers `papers`."""
    for where, text, zh, en in (
        (
            "condition",
            condition,
            "请先问病情，并记下来。",
            "Ask how the patient is first, and write it down.",
        ),
        ("ward", ward, "请填写医院病区或床位。", "Enter ward or bed."),
        ("contact_name", contact_name, "请填写来人姓名。", "Enter who has come."),
    ):
        if not text.strip():
            raise invalid(f"{where}_missing", zh, en, where=where)
    if how not in HOW_ASKED:
        raise invalid("way_unknown", "请选择告知方式。", "Choose how it was said.", where="how")
    needed = [rule.name for rule in papers_for(facts_of(ctx))]
    agent = Client(case=ctx.the_case, part="agent", name=contact_name.strip())
    agent.keep_numbers("", contact_phone)
    agent.save(force_insert=True)
    note_asked(ctx, needed, how)
    finish_step(
        ctx, "first_contact", {"condition": condition.strip(), "ward": ward.strip(), "papers": needed}
    )
    return {"papers": needed}


@act("urgent_payment.look_up_deposit", "核对存单与账户", "Look up certificate and account")
def look_up_deposit(
    ctx: Context, *, certificate_number: str, own_account_number: str, product: str
) -> dict[str, Any]:
    """The certificate in the books, in the depositor's name and not stopped; and his own demand account (opened at first use)."""
    require_turn(ctx, "deposit")
    case = ctx.the_case
    number = certificate_number.replace(" ", "").strip()
    paper = (
        Instrument.objects.filter(unit=case.unit, number=number).select_related("account__balance").first()
    )
    if paper is None:
        raise invalid(
            "certificate_unknown",
            "本网点账上没有这张存单，请核对存单号；他行或他网点的存单，请联系开户网点。",
            "These books have no such certificate. Check the number; one of another outlet is for that outlet.",
            where="certificate_number",
        )
    _usable(paper, case.client_name)
    if product not in {"call_1d", "call_7d"}:
        raise invalid(
            "product_unknown", "请选择通知存款种类。", "Choose the kind of call deposit.", where="product"
        )
    own = ensure_deposit_account(case.unit, own_account_number, case.client_name, now=ctx.now)
    if own.pk == paper.account_id:
        raise invalid(
            "own_account_is_deposit",
            "支取款项应转入储户本人的活期账户，不能是存单自己的账户。",
            "What is withdrawn goes into a demand account, not into the certificate's own.",
            where="own_account_number",
        )
    principal_fen = -paper.account.balance.balance_fen
    facts = {
        "product": product,
        "principal_fen": principal_fen,
    }
    finish_step(ctx, "deposit", {"tail": number[-4:], "instrument": paper.pk, "own_account": own.pk}, facts)
    return {"principal_fen": principal_fen, "opened_on": paper.issued_on.isoformat()}


def _usable(paper: Instrument, holder: str) -> None:
    if paper.kind != "call_deposit":
        raise invalid(
            "not_call_deposit",
            "这张凭证不是通知存款，请按其种类办理提前支取。",
            "This paper is no call deposit: withdraw it by its own kind.",
            where="certificate_number",
        )
    if paper.state != "live":
        raise refuse(
            "certificate_stopped",
            "这张存单已挂失、冻结或注销，不能支取，请先查明。",
            "This certificate is reported lost, frozen or closed: find out first.",
            where="certificate_number",
        )
    differs = name_problem(holder, paper.account.holder, "certificate_number")
    if differs is not None:
        raise invalid(
            "holder_differs",
            "存单户名与储户姓名不一致，请核对存单和受理登记的姓名。",
            "The certificate is not in the depositor's name. Compare it with the name on the case.",
            where="certificate_number",
        )


@act("urgent_payment.patient_news", "更新储户状况", "News of the patient")
def patient_news(ctx: Context, *, patient: str, told_by: str) -> dict[str, Any]:
    """He woke up, or died, or lost consciousness again. What was decided for him is stopped or put to himself."""
    if patient not in PATIENT:
        raise invalid("patient_unknown", "请选择储户状况。", "Choose how he is.", where="patient")
    if not told_by.strip():
        raise invalid(
            "told_by_missing",
            "请写明由谁告知、依据什么。",
            "Say who told it, and on what ground.",
            where="told_by",
        )
    _set_patient(ctx, patient, told_by.strip())
    words = PATIENT[patient]
    ctx.note(
        f"储户状况：{words.zh}（{told_by.strip()}）",
        f"The depositor is {words.en} ({told_by.strip()})",
        patient=patient,
    )
    return {"patient": patient}


def _set_patient(ctx: Context, patient: str, reason: str) -> None:
    if facts_of(ctx).get("patient") == "dead" and patient != "dead":
        raise refuse(
            "dead_stays",
            "已登记储户去世。登记有误的，请负责人在“更正情况”中更正并写明原因。",
            "His death is on record. If that was wrong, the head corrects it under “Correct facts”, with the reason.",
            where="patient",
        )
    ctx.command(SetFacts(command_id=ctx.next_command_id(), facts={"patient": patient}, reason=reason))
    heads = Staff.objects.filter(
        unit=ctx.the_case.unit, roles__overlap=["supervisor", "outlet_head"], is_active=True
    )
    people = [ctx.the_case.owner, *heads.values_list("login", flat=True)]
    if patient == "dead":
        waits = MoneyOrder.objects.filter(case=ctx.the_case, state="waiting").exists()
        more = ("，有待复核款项请退回", "; send back the money that waits for a check") if waits else ("", "")
        tell(
            ctx,
            people,
            "patient",
            f"储户去世，停止支付{more[0]}",
            f"the depositor died: stop paying{more[1]}",
        )
    elif patient == "awake":
        tell(ctx, people, "patient", "储户清醒，由他本人决定", "the depositor is awake and decides himself")


@act("urgent_payment.visit", "登记探视", "Record the visit")
def visit(
    ctx: Context, *, way: str, companion: str, patient: str, spoke_to: str, record: str
) -> dict[str, Any]:
    """Two of our people have seen him, at the bedside or by video. What they saw becomes the fact of the case; the record is printed."""
    if way not in WAYS:
        raise invalid("way_unknown", "请选择到病区或视频。", "Choose bedside or video.", where="way")
    if patient not in PATIENT:
        raise invalid("patient_unknown", "请选择储户状况。", "Choose how he is.", where="patient")
    with_me = Staff.objects.filter(login=companion, unit=ctx.the_case.unit, is_active=True).first()
    if with_me is None or with_me.login == ctx.person.login:
        raise invalid(
            "companion_missing",
            "探视须由本网点两名工作人员进行，请选择同行的另一位同事。",
            "Two of this outlet make the visit: choose the colleague who came along.",
            where="companion",
        )
    for where, text in (("spoke_to", spoke_to), ("record", record)):
        if not text.strip():
            raise invalid(
                f"{where}_missing",
                "请写明与谁核实、看到什么。",
                "Say who was asked and what was seen.",
                where=where,
            )
    if patient != facts_of(ctx).get("patient"):
        _set_patient(ctx, patient, f"探视：{spoke_to.strip()}")
    told = {
        "way": way,
        "companion": companion,
        "patient": patient,
        "spoke_to": spoke_to.strip(),
        "record": record.strip(),
    }
    finish_step(ctx, "visit", told)
    paper = visit_record(ctx, told, with_me)
    return {"patient": patient, "paper": str(paper.id)}


@act("urgent_payment.own_wish", "登记储户本人意愿", "Record the depositor's own wish")
def own_wish(ctx: Context, *, wish: str, pays_hospital: bool, companion: str) -> dict[str, Any]:
    """He is awake: he says himself whether the hospital is paid out of his deposit. If not, nothing is withdrawn."""
    if facts_of(ctx).get("patient") != "awake":
        raise refuse(
            "not_awake",
            "储户没有清醒，不能登记本人意愿。",
            "He is not awake: there is no wish of his own to record.",
        )
    with_me = Staff.objects.filter(login=companion, unit=ctx.the_case.unit, is_active=True).first()
    if with_me is None or with_me.login == ctx.person.login:
        raise invalid(
            "companion_missing",
            "请选择同行的另一位同事。",
            "Choose the colleague who came along.",
            where="companion",
        )
    if not wish.strip():
        raise invalid("wish_missing", "请记下储户的原话。", "Write down his own words.", where="wish")
    if not pays_hospital:
        raise refuse(
            "depositor_declines",
            "储户本人不同意支取：不办理支付。请撤销本案，并写明储户的意愿。",
            "The depositor does not agree: nothing is withdrawn. Cancel the case, with his wish as the reason.",
            where="pays_hospital",
        )
    finish_step(ctx, "own_wish", {"wish": wish.strip(), "companion": companion})
    return {"wish": wish.strip()}


@act("urgent_payment.undertaking", "打印承诺书", "Print the undertaking")
def print_undertaking(ctx: Context, *, heirs: list[str]) -> dict[str, Any]:
    """承诺书 for all first-order heirs, by name, to be signed; the signed copy is handed in as a paper."""
    require_alive(ctx)
    names = [name.strip() for name in heirs if name.strip()]
    if not names or len(names) > 30 or len(set(names)) != len(names):
        raise invalid(
            "heirs_missing",
            "请逐行填写全部第一顺序继承人姓名（1至30人，不重复）。",
            "Enter all first-order heirs, one a line (1 to 30, each once).",
            where="heirs",
        )
    paper = undertaking(ctx, tuple(names))
    ctx.note("打印继承人承诺书", "Printed the undertaking of the heirs", paper=str(paper.id))
    return {"paper": str(paper.id)}


@act("urgent_payment.papers_complete", "资料齐全", "Papers complete")
def papers_complete(ctx: Context) -> dict[str, Any]:
    """Every paper that the facts ask for is there or was done without by a head; otherwise all that is missing, at once."""
    require_turn(ctx, "papers")
    assert ctx.plan is not None
    assert ctx.state is not None
    missing = [r for r in papers_for(facts_of(ctx)) if f"paper:{r.name}" not in ctx.state.records]
    if missing:
        words = [ctx.plan.need_words[rule.name] for rule in missing]
        zh, en = "、".join(w.zh for w in words), ", ".join(w.en for w in words)
        raise refuse(
            "papers_missing",
            f"还缺 {len(missing)} 份：{zh}。请一次告知家属；确实无法取得的，由负责人写明理由后免交。",
            f"{len(missing)} are missing: {en}. Say all of them at once; what cannot be had, a head may do without, with the reason.",
        )
    finish_step(ctx, "papers", {"papers": [r.name for r in papers_for(facts_of(ctx))]})
    return {}


@act("urgent_payment.succession", "转继承办理", "Pass on to succession")
def succession(ctx: Context, *, explained: bool) -> dict[str, Any]:
    """He died: nothing more is paid out of his accounts here. The heirs are told how succession goes; held money stays."""
    if facts_of(ctx).get("patient") != "dead":
        raise refuse("not_dead", "没有登记储户去世。", "His death is not on record.")
    if not explained:
        raise invalid(
            "explained_missing",
            "请向家属说明继承办理的途径。",
            "Explain to the family how succession goes.",
            where="explained",
        )
    waiting = MoneyOrder.objects.filter(case=ctx.the_case, state="waiting").count()
    if waiting:
        raise refuse(
            "order_waiting",
            "还有款项待复核，请复核人先退回，再转继承。",
            "Money still waits for a check: the checker sends it back first.",
        )
    finish_step(ctx, "succession", {"explained": True})
    return {}


def check_payee(ctx: Context, number: str, name: str) -> None:
    """The payee is the hospital's corporate account of the payment notice, name and number to the sign. Raises `Invalid`."""
    facts = facts_of(ctx)
    plain = "".join(number.split()).replace("-", "")
    if plain != facts.get("hospital_number"):
        raise invalid(
            "payee_number_differs",
            "收款账号不是缴费通知上的医院对公账号。款项只能付给该医院账户。",
            "This is not the account of the hospital's notice. The money goes to that account alone.",
            where="payee_number",
        )
    differs = name_problem(name.strip(), str(facts.get("hospital_name", "")))
    if differs is not None:
        raise Invalid(differs)
    known = Account.objects.filter(unit=ctx.the_case.unit, code__endswith=f"/{plain}").first()
    if known is None:
        return
    if "2012/" not in known.local_code:
        raise invalid(
            "payee_not_corporate",
            "这个账号是个人账户，不是医院对公账户，不能付款。",
            "This account belongs to a person and is no corporate account: nothing is paid.",
            where="payee_number",
        )
    differs = name_problem(name.strip(), known.holder)
    if differs is not None:
        raise Invalid(differs)
