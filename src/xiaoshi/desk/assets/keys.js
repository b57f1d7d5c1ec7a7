// When a key may act at all: one place, so that desk and tray agree.

const FIELDS = 'input, select, textarea, [contenteditable="true"]'

/** Single-letter keys can be switched off on the preferences page (WCAG 2.1.4). */
export function lettersOn () {
  return document.documentElement.dataset.keys === 'on'
}

/** The person is typing or choosing in a field, composing Chinese, or a dialog is open: letters are letters. */
export function busyWithField (event) {
  return event.isComposing || Boolean(event.target.closest?.(FIELDS)) || Boolean(document.querySelector('dialog[open]'))
}

export function withModifier (event) {
  return event.ctrlKey || event.altKey || event.metaKey
}

/** Enter belongs to links, buttons and summaries that have focus. */
export function ownsEnter (element) {
  return Boolean(element?.closest?.('a[href], button, summary'))
}

export function isShown (element) {
  return Boolean(element) && element.getClientRects().length > 0
}

/** Presses the first shown element of a selector; answers whether there was one. */
export function press (selector) {
  const element = [...document.querySelectorAll(selector)].find(isShown)
  if (!element) return false
  if (element instanceof HTMLDetailsElement) {
    element.open = true
    element.querySelector('input, select, textarea, button, a')?.focus()
  } else {
    element.click()
  }
  return true
}

/** Moves focus among rows marked `data-row`; `step` is 1 or -1. Answers the row, or null when there is none. */
export function moveRow (step) {
  const rows = [...document.querySelectorAll('[data-row]')].filter(isShown)
  if (rows.length === 0) return null
  const focused = document.activeElement?.closest?.('[data-row]')
  const from = focused ?? rows.find((row) => row.hasAttribute('data-row-current'))
  const start = from ? rows.indexOf(from) + step : step > 0 ? 0 : rows.length - 1
  const row = rows[Math.min(Math.max(start, 0), rows.length - 1)]
  for (const other of rows) other.classList.toggle('xs-row-focus', other === row)
  ;(row.querySelector('[data-row-link], a[href], button') ?? row).focus()
  row.scrollIntoView({ block: 'nearest' })
  return row
}
