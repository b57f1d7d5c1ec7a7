// Answering on a tray without loading the page: forms and rows of the tray are fetched, and the page's main part is put
// in the place of the old one. The photo element stays, so nothing flickers and the zoom is kept. Without this script
// the same forms and links load the page.
import { startTray } from './tray.js'

const main = document.getElementById('main')
let busy = false

function inTray (element) {
  return element?.closest?.('#main') && document.querySelector('[data-tray]')
}

/** The pictures that are shown already are moved into the new part: a photo of 12 megapixels is not decoded again. */
function keepPictures (fresh) {
  const old = new Map([...main.querySelectorAll('image[href]')].map((image) => [image.getAttribute('href'), image]))
  for (const image of fresh.querySelectorAll('[data-tray-photo] image[href]')) {
    const known = old.get(image.getAttribute('href'))
    if (known) image.replaceWith(known)
  }
}

function put (page, address, follow) {
  const fresh = page.getElementById('main')
  if (!fresh || !fresh.querySelector('[data-tray]')) {
    window.location.assign(address)
    return
  }
  const view = main.querySelector('[data-tray-photo]')?.getAttribute('viewBox')
  const hidden = main.querySelector('[data-tray-masks]')?.getAttribute('display') === 'none'
  const large = main.querySelector('[data-tray]')?.classList.contains('xs-tray--pair')
  keepPictures(fresh)
  main.replaceChildren(...document.adoptNode(fresh).childNodes)
  history.replaceState(null, '', address)
  document.title = page.title
  const tray = main.querySelector('[data-tray]')
  startTray(tray, { view: follow ? null : view, follow, hidden, large })
  document.dispatchEvent(new CustomEvent('htmx:after:swap'))
  const wrong = main.querySelector('.govuk-error-summary')
  const title = main.querySelector('#answer-title')
  ;(wrong ?? title)?.focus({ preventScroll: !wrong })
  const live = document.getElementById('live')
  if (live) live.textContent = title?.textContent ?? ''
}

async function load (address, options, follow) {
  if (busy) return
  busy = true
  main.setAttribute('aria-busy', 'true')
  try {
    const answer = await fetch(address, { credentials: 'same-origin', ...options })
    const text = await answer.text()
    // 409, 403 and the like are pages of their own: shown as they are.
    if (!answer.headers.get('content-type')?.startsWith('text/html')) throw new Error('not a page')
    const page = new DOMParser().parseFromString(text, 'text/html')
    if (page.querySelector('#main [data-tray]')) put(page, answer.url, follow)
    else if (options.method === 'POST') showWhole(page, answer.url)
    else window.location.assign(answer.url)
  } catch {
    // The network is gone: the page stays with everything on it and says so; the same key is safe to send again.
    say(document.querySelector('[data-no-network]')?.dataset.noNetwork ?? '')
  } finally {
    busy = false
    main.removeAttribute('aria-busy')
  }
}

function say (words) {
  const live = document.getElementById('live')
  if (live) live.textContent = words
  const title = main.querySelector('#answer-title')
  if (!title) return
  const told = main.querySelector('.xs-no-network') ?? document.createElement('p')
  told.className = 'xs-no-network'
  told.textContent = words
  title.after(told)
}

function showWhole (page, address) {
  const fresh = page.getElementById('main')
  if (!fresh) { window.location.assign(address); return }
  main.replaceChildren(...document.adoptNode(fresh).childNodes)
  document.title = page.title
  main.focus()
}

document.addEventListener('submit', (event) => {
  const form = event.target
  if (event.defaultPrevented || form.method !== 'post' || !inTray(form) || !/\/act$/.test(form.action)) return
  event.preventDefault()
  const body = new URLSearchParams(new FormData(form, event.submitter ?? undefined))
  const button = form.querySelector('button[name="do"]')
  if (!body.has('do') && button) body.set('do', button.value)
  const zoomed = document.querySelector('[data-tray]')?.dataset.zoomed === 'yes'
  // keepalive: an answer that is on its way arrives even when the page is left or loaded again in the same moment.
  load(form.action, { method: 'POST', body, keepalive: true }, zoomed)
}, true)

document.addEventListener('click', (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.defaultPrevented) return
  const link = event.target.closest?.('[data-tray] [data-row-link][href]')
  if (!link) return
  event.preventDefault()
  load(link.href, {}, true)
})
