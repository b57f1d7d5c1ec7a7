"""What is said about a photo before it is used: one function a check, from its figure to a finding with words.

Limits are the engine's own where it refuses (blur, bent mat, poor ground), otherwise where the simulated trays began
to have more doubts; both stand here, beside the words that name them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from xiaoshi.core.notes.ground import Ground
from xiaoshi.core.notes.mat import MatColour
from xiaoshi.core.notes.plane import MARKER_RMS_MM_MAX
from xiaoshi.core.notes.quality import BLUR_MM_MAX, two_mats
from xiaoshi.core.problems import Problem, Words

Level = Literal["ok", "warn", "refuse"]

BLUR_MM_WARN = 0.32
RMS_MM_WARN = 0.10
PX_PER_MM_WARN, PX_PER_MM_REFUSE = 4.0, 2.0
WHITE_WARN, WHITE_REFUSE, WHITE_OVER = 70.0, 40.0, 248.0
CLIPPED_WARN = 0.03
EVENNESS_WARN = 0.45
CAST_WARN = 2.2
TILT_WARN_DEG, TILT_REFUSE_DEG = 25.0, 50.0
GRID_WARN = 60.0
BARE_WARN = 0.12
LIKE_GROUND_WARN = 0.02


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `figure` and `limit` in `unit`; None where there is no number to it."""

    code: str
    level: Level
    words: Words
    figure: float | None
    limit: float | None
    unit: str

    def as_json(self, language: str) -> dict[str, Any]:
        """`code`, `level`, `text`, `figure`, `limit`, `unit`."""
        return {
            "code": self.code,
            "level": self.level,
            "text": self.words.in_language(language),
            "figure": None if self.figure is None else round(self.figure, 3),
            "limit": self.limit,
            "unit": self.unit,
        }


def only_one_mat(other: bool) -> Finding:
    """A second mat in the photo."""
    if other:
        return Finding("two_mats", "refuse", two_mats("").words, 2.0, 1.0, "mat")
    return Finding("two_mats", "ok", Words("画面中只有一张托盘垫", "one mat in the photo"), 1.0, 1.0, "mat")


def mat_wholeness(markers: int, of: int, corners_outside: int) -> Finding:
    """Markers that are read, corners of the tray that lie outside the photo."""
    if corners_outside:
        words = Words(
            f"托盘有 {corners_outside} 个角在画面外；请把整张托盘垫拍全（分区拍大托盘时各区须有重叠）",
            f"{corners_outside} corner(s) of the tray lie outside the photo: take in the whole mat (or, for a large tray in "
            "parts, let the parts overlap)",
        )
        return Finding("mat_whole", "warn", words, float(markers), float(of), "marker")
    if markers <= of // 2:
        words = Words(
            f"只看到 {of} 个标记中的 {markers} 个；请移开压在标记上的东西、避免反光，露出四周标记",
            f"only {markers} of {of} markers are seen: take away what lies on them, avoid reflections",
        )
        return Finding("mat_whole", "warn", words, float(markers), float(of), "marker")
    words = Words(f"托盘垫完整（标记 {markers}/{of}）", f"the whole mat is seen ({markers} of {of} markers)")
    return Finding("mat_whole", "ok", words, float(markers), float(of), "marker")


def mat_flatness(rms_mm: float) -> Finding:
    """How well the markers fit one flat sheet."""
    if rms_mm > RMS_MM_WARN:
        level: Level = "refuse" if rms_mm > MARKER_RMS_MM_MAX else "warn"
        words = Words(
            f"托盘垫不平（标记偏差 {rms_mm:.2f} 毫米，上限 {MARKER_RMS_MM_MAX}）；请铺平四角、压住卷边后重拍",
            f"the mat is not flat (markers {rms_mm:.2f} mm off, at most {MARKER_RMS_MM_MAX}): weigh its corners down",
        )
        return Finding("mat_flat", level, words, rms_mm, MARKER_RMS_MM_MAX, "mm")
    words = Words(
        f"托盘垫平整（标记偏差 {rms_mm:.2f} 毫米）", f"the mat is flat (markers {rms_mm:.2f} mm off)"
    )
    return Finding("mat_flat", "ok", words, rms_mm, MARKER_RMS_MM_MAX, "mm")


def sharpness(width_mm: float) -> Finding:
    """Width of the sharpest edges of the markers."""
    shown = min(width_mm, 99.0)
    if width_mm > BLUR_MM_WARN:
        level: Level = "refuse" if width_mm > BLUR_MM_MAX else "warn"
        words = Words(
            f"照片不够清晰（边缘宽 {shown:.2f} 毫米，上限 {BLUR_MM_MAX}）；请点按屏幕对焦、拿稳或用支架，擦净镜头",
            f"the photo is soft (edges {shown:.2f} mm wide, at most {BLUR_MM_MAX}): tap to focus, hold still or use a stand, "
            "wipe the lens",
        )
        return Finding("sharp", level, words, shown, BLUR_MM_MAX, "mm")
    words = Words(f"清晰（边缘宽 {shown:.2f} 毫米）", f"sharp (edges {shown:.2f} mm wide)")
    return Finding("sharp", "ok", words, shown, BLUR_MM_MAX, "mm")


def resolution(px_per_mm: float) -> Finding:
    """Pixels to a millimetre where they are fewest."""
    if px_per_mm < PX_PER_MM_WARN:
        level: Level = "refuse" if px_per_mm < PX_PER_MM_REFUSE else "warn"
        words = Words(
            f"分辨率低（每毫米 {px_per_mm:.1f} 像素，宜不少于 {PX_PER_MM_WARN:g}）；请靠近些拍满画面、用原图，或换小一号托盘垫",
            f"few pixels ({px_per_mm:.1f} to a millimetre, {PX_PER_MM_WARN:g} or more are wanted): go nearer, send the "
            "original file, or use a smaller mat",
        )
        return Finding("resolution", level, words, px_per_mm, PX_PER_MM_WARN, "px/mm")
    words = Words(f"每毫米 {px_per_mm:.1f} 像素", f"{px_per_mm:.1f} pixels to a millimetre")
    return Finding("resolution", "ok", words, px_per_mm, PX_PER_MM_WARN, "px/mm")


def exposure(white: float) -> Finding:
    """Level of the mat's white, 0 to 255."""
    if white < WHITE_WARN:
        level: Level = "refuse" if white < WHITE_REFUSE else "warn"
        words = Words(
            f"照片偏暗（白色只有 {white:.0f}，宜在 {WHITE_WARN:.0f} 以上）；请开灯补光，不要背光",
            f"the photo is dark (white is {white:.0f}, {WHITE_WARN:.0f} or more is wanted): add light",
        )
        return Finding("exposure", level, words, white, WHITE_WARN, "level")
    if white > WHITE_OVER:
        words = Words(
            f"照片过曝（白色 {white:.0f}，宜在 {WHITE_OVER:.0f} 以下），浅色花纹会丢失；请调低曝光后重拍",
            f"the photo is overexposed (white is {white:.0f}, at most {WHITE_OVER:.0f}): pale print is lost; lower the "
            "exposure",
        )
        return Finding("exposure", "warn", words, white, WHITE_OVER, "level")
    return Finding(
        "exposure",
        "ok",
        Words(f"曝光合适（白色 {white:.0f}）", f"well exposed (white is {white:.0f})"),
        white,
        WHITE_OVER,
        "level",
    )


def clipping(share: float, white: float) -> Finding:
    """Share of the tray with a channel at its end."""
    if share > CLIPPED_WARN and white > WHITE_OVER - 8:
        words = Words(
            f"托盘内有 {share:.0%} 过亮而没有细节；请调低曝光或避开直射光",
            f"{share:.0%} of the tray is burnt out to white: lower the exposure or keep direct light off",
        )
        return Finding("clipping", "warn", words, share, CLIPPED_WARN, "share")
    return Finding(
        "clipping", "ok", Words("亮部有细节", "bright parts keep their detail"), share, CLIPPED_WARN, "share"
    )


def light_evenness(evenness: float) -> Finding:
    """Darkest white of the mat by its brightest."""
    if evenness < EVENNESS_WARN:
        words = Words(
            f"光线不匀（最暗处只有最亮处的 {evenness:.0%}）；请移开遮挡、不要让人影落在托盘上",
            f"the light is uneven (darkest white {evenness:.0%} of the brightest): keep shadows off the tray",
        )
        return Finding("light_even", "warn", words, evenness, EVENNESS_WARN, "share")
    return Finding(
        "light_even",
        "ok",
        Words(f"光线均匀（{evenness:.0%}）", f"even light ({evenness:.0%})"),
        evenness,
        EVENNESS_WARN,
        "share",
    )


def colour_cast(red_to_blue: float) -> Finding:
    """Red by blue on grey; its inverse counts alike."""
    cast = max(red_to_blue, 1 / max(red_to_blue, 1e-6))
    if cast > CAST_WARN:
        zh, en = ("偏黄红", "reddish") if red_to_blue > 1 else ("偏蓝", "bluish")
        words = Words(
            f"光线颜色{zh}（红蓝比 {red_to_blue:.2f}）；请用白光或日光，关掉彩色灯",
            f"the light is {en} (red to blue {red_to_blue:.2f}): use white or day light",
        )
        return Finding("colour_cast", "warn", words, red_to_blue, CAST_WARN, "ratio")
    words = Words(
        f"光线颜色正常（红蓝比 {red_to_blue:.2f}）",
        f"the light is white enough (red to blue {red_to_blue:.2f})",
    )
    return Finding("colour_cast", "ok", words, red_to_blue, CAST_WARN, "ratio")


def glare(area_mm2: float, count: int) -> Finding:
    """Patches brighter than paper."""
    if count:
        words = Words(
            f"托盘内有 {count} 处反光（约 {area_mm2:.0f} 平方毫米）；请移动灯或手机，取下玻璃、塑料膜",
            f"{count} reflection(s) on the tray (about {area_mm2:.0f} mm²): move the lamp or the phone, take glass and film "
            "away",
        )
        return Finding("glare", "warn", words, area_mm2, 0.0, "mm2")
    return Finding("glare", "ok", Words("没有反光", "no reflections"), 0.0, 0.0, "mm2")


def tilt(degrees: float) -> Finding:
    """How far the camera looks from the side."""
    if degrees > TILT_WARN_DEG:
        level: Level = "refuse" if degrees > TILT_REFUSE_DEG else "warn"
        words = Words(
            f"拍得太斜（约 {degrees:.0f}°，宜在 {TILT_WARN_DEG:.0f}° 以内）；请从正上方拍",
            f"taken too much from the side (about {degrees:.0f} degrees, at most {TILT_WARN_DEG:.0f}): hold the camera straight "
            "above",
        )
        return Finding("tilt", level, words, degrees, TILT_WARN_DEG, "degree")
    words = Words(f"角度合适（约 {degrees:.0f}°）", f"from above (about {degrees:.0f} degrees)")
    return Finding("tilt", "ok", words, degrees, TILT_WARN_DEG, "degree")


def ground_contrast(poor: Problem | None, ground: Ground | None) -> Finding:
    """Whether paper can be told from the mat."""
    figure = None if ground is None else ground.to_neutral
    if poor is not None:
        return Finding("ground", "refuse", poor.words, figure, None, "")
    if ground is None:
        words = Words(
            "托盘内几乎看不到底色；请减少每盘残币，碎片之间留空隙",
            "hardly any bare mat is seen in the tray: lay fewer pieces, with room between them",
        )
        return Finding("ground", "refuse", words, None, None, "")
    return Finding("ground", "ok", Words("底色分明", "paper stands out from the mat"), figure, None, "")


def room_on_tray(bare: float) -> Finding:
    """Share of the tray that is bare mat."""
    if bare < BARE_WARN:
        words = Words(
            f"托盘太满（底色只占 {bare:.0%}）；请减少每盘残币，碎片不相碰",
            f"the tray is crowded (bare mat {bare:.0%}): lay fewer pieces, none touching",
        )
        return Finding("room", "warn", words, bare, BARE_WARN, "share")
    return Finding(
        "room",
        "ok",
        Words(f"留有空隙（底色 {bare:.0%}）", f"room between pieces (bare mat {bare:.0%})"),
        bare,
        BARE_WARN,
        "share",
    )


def fine_grid(strength: float) -> Finding:
    """A regular fine pattern over the mat."""
    if strength > GRID_WARN:
        words = Words(
            "画面有规则的细网纹，像是翻拍屏幕（也可能是打印网点）；请直接拍实物，不要拍屏幕或复印件",
            "a fine regular grid lies over the picture, as when a screen is photographed (or a coarse print raster): "
            "photograph the notes themselves",
        )
        return Finding("fine_grid", "warn", words, strength, GRID_WARN, "ratio")
    return Finding(
        "fine_grid", "ok", Words("没有屏幕网纹", "no screen pattern"), strength, GRID_WARN, "ratio"
    )


def print_scale(printed: float | None, off: float) -> Finding:
    """Whether the mat was printed at 100 %, by the edges of its paper; `off`: how far it may seem to be off."""
    if printed is None:
        words = Words(
            "照片里看不全纸张边缘，打印比例请量下边标尺核对",
            "the edges of the paper are not all seen: check the print scale on the ruler below",
        )
        return Finding("mat_scale", "ok", words, None, off, "share")
    if abs(1 / printed - 1) > off:
        words = Words(
            f"托盘垫似乎按约 {printed:.1%} 打印；请量下边标尺，选“实际大小”（100%）重新打印",
            f"the mat seems to be printed at about {printed:.1%}: measure the ruler below and print it anew at actual size "
            "(100 %)",
        )
        return Finding("mat_scale", "warn", words, printed, off, "share")
    words = Words("托盘垫打印比例正常", "the mat is printed at its size")
    return Finding("mat_scale", "ok", words, printed, off, "share")


def mat_colour(colour: MatColour, like: Mapping[MatColour, float]) -> Finding:
    """Whether the ink of the expected notes has the mat's colour; `like`: share of the worst face, for each mat."""
    other: MatColour = "green" if colour == "blue" else "blue"
    if like[colour] > LIKE_GROUND_WARN and like[other] < 0.5 * like[colour]:
        zh = {"blue": "蓝", "green": "绿"}
        words = Words(
            f"这些券别的图案与{zh[colour]}色托盘垫相近（最多占票面 {like[colour]:.0%}），换用{zh[other]}色托盘垫更准",
            f"print of these notes is near the {colour} of the mat (up to {like[colour]:.0%} of a face): the {other} mat suits "
            "them better",
        )
        return Finding("mat_colour", "warn", words, like[colour], LIKE_GROUND_WARN, "share")
    words = Words("托盘垫颜色适合这些券别", "the mat's colour suits these notes")
    return Finding("mat_colour", "ok", words, like[colour], LIKE_GROUND_WARN, "share")
