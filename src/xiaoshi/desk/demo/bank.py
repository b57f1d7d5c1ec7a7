"""The invented bank, as data: units from the top down, and who works where."""

from __future__ import annotations

from dataclasses import dataclass

# path, level, Chinese name, English name, the story that happens there
UNITS: tuple[tuple[str, str, str, str, str], ...] = (
    ("jn/", "province", "江南省分行", "Jiangnan province branch", ""),
    ("jn/lz/", "city", "临洲市分行", "Linzhou city branch", ""),
    ("jn/lz/cd/", "sub_branch", "城东支行", "Chengdong sub-branch", ""),
    ("jn/lz/cd/yy/", "outlet", "城东支行营业室", "Chengdong main outlet", "burnt_notes"),
    ("jn/lz/cd/hf/", "outlet", "河坊网点", "Hefang outlet", "bulk_coins"),
    ("jn/lz/cd/gq/", "outlet", "古桥网点", "Guqiao outlet", "old_certificate"),
    ("jn/lz/hb/", "sub_branch", "湖滨支行", "Hubin sub-branch", ""),
    ("jn/lz/hb/yl/", "outlet", "一医路网点", "Yiyi Road outlet", "urgent_payment"),
    ("jn/lz/hb/qt/", "outlet", "侨台路网点", "Qiaotai Road outlet", "distant_client"),
    ("jn/hc/", "city", "海昌市分行", "Haichang city branch", ""),
    ("jn/hc/gx/", "sub_branch", "高新支行", "Gaoxin sub-branch", ""),
    ("jn/hc/gx/rm/", "outlet", "人民路网点", "Renmin Road outlet", "inheritance"),
    ("jn/hc/gx/zw/", "outlet", "政务中心网点", "Civic Centre outlet", "government_errand"),
    ("jn/hc/lj/", "sub_branch", "老街支行", "Laojie sub-branch", ""),
    ("jn/hc/lj/sq/", "outlet", "水渠网点", "Shuiqu outlet", "utility_debit"),
    ("jn/hc/lj/mf/", "outlet", "茂方网点", "Maofang outlet", "feedback"),
)

# Outlets that the PBOC branch has designated for special damaged notes. In the demo two of the nine.
DESIGNATED = ("jn/lz/cd/yy/", "jn/hc/gx/rm/")
DESIGNATION_SOURCE = "示例数据，非真实指定 (demo data; a bank enters the notice of its PBOC branch)"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the demo. `login` is pinyin; the names are invented."""

    login: str
    name_zh: str
    name_en: str
    unit_path: str
    roles: tuple[str, ...]
    fields: tuple[str, ...] = ()


PEOPLE: tuple[Person, ...] = (
    Person("su.yan", "苏妍", "Su Yan", "jn/", ("province_specialist",), ("notes", "deposits", "law")),
    Person("he.ruo", "何若", "He Ruo", "jn/", ("contact_centre",)),
    Person("ding.wen", "丁雯", "Ding Wen", "jn/", ("people_keeper",)),
    Person("bai.lu", "白鹭", "Bai Lu", "jn/", ("people_keeper",)),
    Person("shen.jun", "沈峻", "Shen Jun", "jn/", ("auditor",)),
    Person("lu.heng", "陆衡", "Lu Heng", "jn/lz/", ("city_specialist",), ("notes", "coins")),
    Person("fang.ke", "方可", "Fang Ke", "jn/hc/", ("city_specialist",), ("deposits", "law")),
    Person("tao.min", "陶敏", "Tao Min", "jn/lz/cd/", ("archivist",)),
    # 城东支行营业室
    Person("zhou.qing", "周晴", "Zhou Qing", "jn/lz/cd/yy/", ("lobby_manager",)),
    Person("li.min", "李旻", "Li Min", "jn/lz/cd/yy/", ("teller",)),
    Person("xu.lan", "徐岚", "Xu Lan", "jn/lz/cd/yy/", ("teller",)),
    Person("qian.bo", "钱博", "Qian Bo", "jn/lz/cd/yy/", ("supervisor",)),
    Person("guo.ye", "郭烨", "Guo Ye", "jn/lz/cd/yy/", ("outlet_head",)),
)

# Every other outlet: two tellers, a lobby manager, a supervisor, a head; surnames by outlet, given names by role.
SURNAMES = (
    ("吴", "Wu"),
    ("郑", "Zheng"),
    ("冯", "Feng"),
    ("蒋", "Jiang"),
    ("韩", "Han"),
    ("杨", "Yang"),
    ("朱", "Zhu"),
    ("秦", "Qin"),
)
POSTS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("安", "an", ("teller",)),
    ("宁", "ning", ("teller",)),
    ("悦", "yue", ("lobby_manager",)),
    ("衡", "heng", ("supervisor",)),
    ("川", "chuan", ("outlet_head",)),
)
MAIN_OUTLET = "jn/lz/cd/yy/"


def everybody() -> tuple[Person, ...]:
    """All people of the demo."""
    outlets = [path for path, level, *_ in UNITS if level == "outlet" and path != MAIN_OUTLET]
    others = [
        Person(
            f"{pinyin.lower()}.{given_pinyin}",
            surname + given,
            f"{pinyin} {given_pinyin.capitalize()}",
            path,
            roles,
        )
        for path, (surname, pinyin) in zip(outlets, SURNAMES, strict=True)
        for given, given_pinyin, roles in POSTS
    ]
    return PEOPLE + tuple(others)
