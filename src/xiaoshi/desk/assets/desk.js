// The desk's script: govuk parts, keys, and the words while a form is on its way. Every page works without it.
import { createAll, Button, CharacterCount, Checkboxes, ErrorSummary, Radios, SkipLink } from './govuk-frontend.min.js'
import { busyWithField, isShown, lettersOn, moveRow, ownsEnter, press, withModifier } from './keys.js'
import { startWatching, tickRow } from './watching.js'

const root = document.documentElement
const chinese = root.lang.startsWith('zh')
const GO = { q: 'queue', c: 'cases', r: 'reviews', p: 'money' }
const GO_WAIT_MS = 1500

const COUNT_WORDS = chinese
  ? {
      charactersUnderLimit: { other: '还可以写%{count}个字' },
      charactersAtLimit: '字数已满',
      charactersOverLimit: { other: '超出%{count}个字' }
    }
  : {}

// Called again after each swap of htmx: parts that run already say so, and that is no news.
function onPartError (error) {
  if (error.name !== 'InitError') console.error(error)
}

function startParts () {
  const options = { onError: onPartError }
  createAll(Button, {}, options)
  createAll(CharacterCount, { i18n: COUNT_WORDS }, options)
  createAll(Checkboxes, {}, options)
  createAll(ErrorSummary, {}, options)
  createAll(Radios, {}, options)
  reachScrolled()
}

/** A table that scrolls and holds nothing to tab to is reached by itself, or the keyboard could not scroll it. */
function reachScrolled () {
  for (const box of document.querySelectorAll('.xs-tablebox')) {
    if (box.scrollWidth <= box.clientWidth || box.querySelector('a[href], button, input')) continue
    box.tabIndex = 0
    box.setAttribute('role', 'region')
    box.setAttribute('aria-label', box.querySelector('caption')?.textContent.trim() ?? '')
  }
}

function openKeySheet () {
  const sheet = document.getElementById('keysheet')
  if (sheet && !sheet.open) sheet.showModal()
}

function quoted (key) {
  return `[data-key="${CSS.escape(key)}"]`
}

let goUntil = 0

/** Answers whether the key did something, so that the browser's own meaning is dropped only then. */
function letter (key, event) {
  if (performance.now() < goUntil) {
    goUntil = 0
    return key in GO && press(`[data-go="${GO[key]}"]`)
  }
  switch (key) {
    case '?':
      openKeySheet()
      return true
    case '/': {
      const search = document.getElementById('find-case')
      search?.focus()
      search?.select()
      return Boolean(search)
    }
    case 'g':
      goUntil = performance.now() + GO_WAIT_MS
      return true
    case 'j':
      return Boolean(moveRow(1))
    case 'k':
      return Boolean(moveRow(-1))
    case 't': {
      const timeline = document.querySelector('[data-key-target="t"]')
      timeline?.focus()
      timeline?.scrollIntoView({ block: 'start' })
      return Boolean(timeline)
    }
    case 'x':
      return tickRow() || press(quoted(key))
    case 'Enter':
      return !ownsEnter(event.target) && press('[data-key="Enter"]')
    default:
      return (/^[a-z[\]]$/.test(key)) && press(quoted(key))
  }
}

function onKey (event) {
  if (event.key === 'Enter' && event.ctrlKey && !event.isComposing) {
    // Signing and paying never have a key: such forms carry data-no-keys.
    const form = event.target.closest?.('form')
    if (form && !form.hasAttribute('data-no-keys')) {
      event.preventDefault()
      form.requestSubmit()
    }
    return
  }
  if (event.key === 'Escape') {
    if (busyWithField(event) && !document.querySelector('dialog[open]')) event.target.blur()
    for (const menu of document.querySelectorAll('details[data-menu][open]')) {
      const inside = menu.contains(document.activeElement)
      menu.open = false
      if (inside) menu.querySelector('summary').focus()
    }
    return
  }
  if (event.defaultPrevented || withModifier(event) || busyWithField(event)) return
  const isLetter = event.key.length === 1
  if (isLetter && !lettersOn()) return
  if (letter(event.key, event)) event.preventDefault()
}

// A button keeps its width and says what is going on; coming back by the browser's arrow undoes it.
const waiting = new Map()

function onSubmit (event) {
  const button = event.submitter
  const words = document.body.dataset.busy
  if (event.defaultPrevented || !(button instanceof HTMLButtonElement) || !words || event.target.method === 'get') return
  // After the browser has read the form: a changed or disabled button would change what is sent.
  setTimeout(() => {
    waiting.set(button, [...button.childNodes])
    button.style.minWidth = `${button.offsetWidth}px`
    button.setAttribute('aria-busy', 'true')
    button.replaceChildren(words)
    const live = document.getElementById('live')
    if (live) live.textContent = words
  })
}

function onReturn () {
  for (const [button, nodes] of waiting) {
    button.replaceChildren(...nodes)
    button.removeAttribute('aria-busy')
  }
  waiting.clear()
}

document.body.classList.add('js-enabled', 'govuk-frontend-supported')
root.classList.add('xs-keys-live')
startParts()
createAll(SkipLink)
startWatching()
document.addEventListener('keydown', onKey)
document.addEventListener('submit', onSubmit)
window.addEventListener('pageshow', onReturn)
document.addEventListener('htmx:after:swap', startParts)
document.addEventListener('click', (event) => {
  if (event.target.closest?.('[data-open-keys]')) openKeySheet()
  for (const menu of document.querySelectorAll('details[data-menu][open]')) {
    if (!menu.contains(event.target)) menu.open = false
  }
})
document.addEventListener('focusin', (event) => {
  for (const row of document.querySelectorAll('.xs-row-focus')) {
    if (!row.contains(event.target)) row.classList.remove('xs-row-focus')
  }
})
for (const button of document.querySelectorAll('[data-open-keys]')) button.hidden = false

if ([...document.querySelectorAll('[data-tray]')].some(isShown)) {
  import('./tray.js').then(({ startTray }) => {
    for (const tray of document.querySelectorAll('[data-tray]')) startTray(tray)
  })
}
