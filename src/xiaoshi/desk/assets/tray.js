// Zoom, pan and keys of the tray viewer. Photo, outlines and list are drawn by the server; this moves the view box.
import { busyWithField, lettersOn, ownsEnter, press, withModifier } from './keys.js'

const ZOOM_STEP = 1.5
const ZOOM_MAX = 12
const PAN_SHARE = 0.2
// A piece is shown with this much of the tray around it.
const PIECE_MARGIN = 0.35

class TrayView {
  constructor (tray) {
    this.tray = tray
    this.photo = tray.querySelector('[data-tray-photo]')
    const [, , width, height] = this.photo.getAttribute('viewBox').split(/\s+/).map(Number)
    this.whole = { x: 0, y: 0, width, height }
    this.view = { ...this.whole }
    this.labels = [...tray.querySelectorAll('.xs-mask__label')].map((label) => ({
      label,
      x: label.dataset.x,
      y: label.dataset.y,
      scale: Number(/scale\(([\d.]+)\)/.exec(label.getAttribute('transform'))?.[1] ?? 1)
    }))
  }

  /** Shows a part of the photo, kept inside it and in its proportions; number labels keep their size on the screen. */
  show ({ x, y, width, height }) {
    const { whole } = this
    const share = Math.min(1, Math.max(width / whole.width, height / whole.height, 1 / ZOOM_MAX))
    const view = { width: whole.width * share, height: whole.height * share }
    view.x = Math.min(Math.max(x + width / 2 - view.width / 2, 0), whole.width - view.width)
    view.y = Math.min(Math.max(y + height / 2 - view.height / 2, 0), whole.height - view.height)
    this.view = view
    this.tray.dataset.zoomed = this.zoomed() ? 'yes' : 'no'
    this.photo.setAttribute('viewBox', `${view.x} ${view.y} ${view.width} ${view.height}`)
    for (const { label, x: left, y: top, scale } of this.labels) {
      label.setAttribute('transform', `translate(${left} ${top}) scale(${scale * share})`)
    }
  }

  zoom (factor) {
    const { x, y, width, height } = this.view
    const next = { width: width / factor, height: height / factor }
    this.show({ x: x + (width - next.width) / 2, y: y + (height - next.height) / 2, ...next })
  }

  pan (right, down) {
    const { x, y, width, height } = this.view
    this.show({ x: x + right * PAN_SHARE * width, y: y + down * PAN_SHARE * height, width, height })
  }

  zoomed () {
    return this.view.width < this.whole.width
  }

  /** The note beside its reference in the photo's place, or small below it. */
  pair () {
    const button = this.tray.querySelector('[data-tray-tool="pair"]')
    if (!button) return false
    const large = this.tray.classList.toggle('xs-tray--pair')
    button.setAttribute('aria-pressed', String(large))
    return true
  }

  showPiece (row) {
    if (!row.dataset.box) return
    const [x, y, width, height] = row.dataset.box.split(' ').map(Number)
    const margin = PIECE_MARGIN * Math.max(width, height)
    this.show({ x: x - margin, y: y - margin, width: width + 2 * margin, height: height + 2 * margin })
    for (const mask of this.tray.querySelectorAll('[data-mask]')) {
      mask.classList.toggle('xs-mask--current', mask.dataset.mask === row.dataset.piece)
    }
  }

  toggle (tool) {
    const part = this.tray.querySelector(tool === 'masks' ? '[data-tray-masks]' : '[data-tray-back]')
    const button = this.tray.querySelector(`[data-tray-tool="${tool}"]`)
    if (!part || !button) return false
    const hide = part.getAttribute('display') !== 'none' && !part.hidden
    if (tool === 'masks') hide ? part.setAttribute('display', 'none') : part.removeAttribute('display')
    else part.hidden = hide
    button.setAttribute('aria-pressed', String(tool === 'masks' ? hide : !hide))
    return true
  }

  tool (name) {
    switch (name) {
      case 'in': this.zoom(ZOOM_STEP); return true
      case 'out': this.zoom(1 / ZOOM_STEP); return true
      case 'all': this.show(this.whole); return true
      case 'left': this.pan(-1, 0); return true
      case 'right': this.pan(1, 0); return true
      case 'up': this.pan(0, -1); return true
      case 'down': this.pan(0, 1); return true
      case 'pair': return this.pair()
      case 'piece': {
        const row = this.tray.querySelector('[aria-current="true"][data-piece]')
        if (row) this.showPiece(row)
        return Boolean(row)
      }
      default: return this.toggle(name)
    }
  }
}

const TOOL_KEYS = { '+': 'in', '=': 'in', '-': 'out', 0: 'all', h: 'masks', b: 'back', r: 'pair', z: 'piece' }
const ARROWS = { ArrowLeft: 'left', ArrowRight: 'right', ArrowUp: 'up', ArrowDown: 'down' }
// Acts beside the photo: elements marked data-act, else the fields of the form marked data-tray-form (a select named
// `denomination`, a radio with the value `none`). Confirming is an answer, never a signature or payment.
const ACT_KEYS = { e: 'change', x: 'refuse', u: 'undo' }

/** Chooses in the form of the current piece without moving focus into it, so that the next key still acts. */
function chooseIn (form, key) {
  if (!form) return false
  if (key === 'e') {
    const field = form.querySelector('input[type="radio"]:checked') ??
      form.querySelector('input:not([type="hidden"]), select, textarea')
    field?.focus()
    return Boolean(field)
  }
  if (key === 'x') {
    const none = form.querySelector('input[type="radio"][value="none"]')
    none?.click()
    return Boolean(none)
  }
  const values = form.querySelector('select[name="denomination"]')
  const option = [...(values?.options ?? [])].filter((one) => one.value !== '')[Number(key) - 1]
  if (!option) return false
  values.value = option.value
  values.dispatchEvent(new Event('change', { bubbles: true }))
  return true
}

function act (view, event) {
  const { key } = event
  if (key === 'Enter') {
    // On the row of the note whose form is shown, Enter confirms; on another row it opens that note.
    const current = event.target.closest?.('[aria-current="true"][data-piece]')
    if (current) return press('[data-tray-form] [data-key="Enter"]')
    return !ownsEnter(event.target) && press('[data-act="confirm"]')
  }
  // Arrows scroll the page until the photo is larger than its frame.
  if (key in ARROWS) return view.zoomed() && view.tool(ARROWS[key])
  if (!lettersOn()) return false
  if (key in TOOL_KEYS) return view.tool(TOOL_KEYS[key])
  const form = document.querySelector('form[data-tray-form]')
  if (key in ACT_KEYS) return press(`[data-act="${ACT_KEYS[key]}"]`) || (key !== 'u' && chooseIn(form, key))
  return /^[1-9]$/.test(key) && (press(`[data-tray-value="${key}"]`) || chooseIn(form, key))
}

let current = null

/** Starts one tray viewer: shows its tools, follows focus in the list, listens to keys. Called again for a tray that took
 * the place of another: `view` is the part of the photo to show, or with `follow` the piece whose form is on the page. */
export function startTray (tray, { view: part = null, follow = false, hidden = false, large = false } = {}) {
  const view = new TrayView(tray)
  tray.querySelector('[data-tray-tools]').hidden = false
  if (part) {
    const [x, y, width, height] = part.split(/\s+/).map(Number)
    view.show({ x, y, width, height })
  }
  if (follow) view.tool('piece')
  if (hidden) view.toggle('masks')
  if (large) view.pair()
  tray.addEventListener('click', (event) => {
    const button = event.target.closest('[data-tray-tool]')
    if (button) view.tool(button.dataset.trayTool)
    const mask = event.target.closest('[data-mask]')
    if (mask) {
      event.preventDefault()
      tray.querySelector(`[data-piece="${mask.dataset.mask}"] [data-row-link]`)?.click()
    }
  })
  tray.addEventListener('focusin', (event) => {
    const row = event.target.closest('[data-piece]')
    if (row) view.showPiece(row)
  })
  if (current === null) {
    document.addEventListener('keydown', (event) => {
      if (event.defaultPrevented || withModifier(event) || busyWithField(event)) return
      if (act(current, event)) event.preventDefault()
    })
  }
  current = view
}
