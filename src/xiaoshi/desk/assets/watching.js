// What goes on while a page is open: news of a list, who else has the case open, and keeping what is typed.
// All of it rests while the tab is hidden, and nothing of it moves a row or takes the focus.

const DRAFT_WAIT_MS = 3000

function token () {
  return document.querySelector('input[name="csrfmiddlewaretoken"]')?.value ?? ''
}

/** Calls `work` every `seconds`, only while the tab is seen, and at once when it is seen again after a pause. */
function whileSeen (seconds, work) {
  let last = performance.now()
  let busy = false
  const run = async () => {
    if (busy || document.hidden) return
    busy = true
    last = performance.now()
    try {
      await work()
    } catch {
      // No line to the house: the next turn asks again, and the page works without it.
    }
    busy = false
  }
  setInterval(run, seconds * 1000)
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden && performance.now() - last > seconds * 1000) run()
  })
  return run
}

function startNews (line) {
  const words = line.querySelector('[data-poll-words]')
  let etag = ''
  whileSeen(Number(line.dataset.pollSeconds), async () => {
    const headers = etag ? { 'If-None-Match': etag } : {}
    const answer = await fetch(line.dataset.poll, { headers, credentials: 'same-origin', redirect: 'error' })
    if (answer.status !== 200) return
    etag = answer.headers.get('ETag') ?? ''
    const news = await answer.json()
    if (words.textContent !== news.words) words.textContent = news.words
    line.classList.toggle('xs-news--some', news.count > 0)
  })
}

function startLooking (line) {
  const words = line.querySelector('[data-looking-words]')
  const changed = line.querySelector('[data-looking-changed]')
  const beat = whileSeen(Number(line.dataset.lookingSeconds), async () => {
    const body = new URLSearchParams({ version: line.dataset.version, csrfmiddlewaretoken: token() })
    const answer = await fetch(line.dataset.looking, { method: 'POST', body, credentials: 'same-origin', redirect: 'error' })
    if (answer.status !== 200) return
    const told = await answer.json()
    if (words.textContent !== told.words) words.textContent = told.words
    if (changed.textContent !== told.changed) changed.textContent = told.changed
    changed.hidden = !told.changed
  })
  return beat
}

function startDraft (form) {
  const words = form.querySelector('[data-draft-words]')
  let timer = 0
  let dirty = false
  let sent = false
  // Files are not kept, and a password never is.
  const typed = () => {
    const body = new FormData(form)
    for (const [name, value] of [...body]) {
      if (value instanceof File || form.elements[name]?.type === 'password') body.delete(name)
    }
    return body
  }
  const save = async () => {
    if (!dirty || sent) return
    dirty = false
    try {
      const answer = await fetch(form.dataset.draft, { method: 'POST', body: typed(), credentials: 'same-origin', redirect: 'error' })
      if (answer.status === 200 && words) words.textContent = (await answer.json()).words
    } catch {
      dirty = true
    }
  }
  const later = () => {
    dirty = true
    clearTimeout(timer)
    timer = setTimeout(save, DRAFT_WAIT_MS)
  }
  form.addEventListener('input', later)
  form.addEventListener('change', later)
  form.addEventListener('submit', () => {
    sent = true
    clearTimeout(timer)
  })
  const leave = () => {
    if (!dirty || sent) return
    dirty = false
    navigator.sendBeacon(form.dataset.draft, typed())
  }
  window.addEventListener('pagehide', leave)
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) leave()
  })
}

/** One box that ticks all rows shown; it exists only where a script can make it true. */
function startPicking (form) {
  const all = form.querySelector('[data-pick-all]')
  if (!all) return
  all.hidden = false
  const box = all.querySelector('input')
  const rows = [...form.querySelectorAll('[data-pick]')]
  box.addEventListener('change', () => {
    for (const row of rows) row.checked = box.checked
  })
  form.addEventListener('change', () => {
    const ticked = rows.filter((row) => row.checked).length
    box.checked = ticked > 0 && ticked === rows.length
    box.indeterminate = ticked > 0 && ticked < rows.length
  })
}

export function startWatching () {
  for (const line of document.querySelectorAll('[data-poll]')) startNews(line)
  for (const line of document.querySelectorAll('[data-looking]')) startLooking(line)
  for (const form of document.querySelectorAll('form[data-draft]')) startDraft(form)
  for (const form of document.querySelectorAll('form[data-bulk]')) startPicking(form)
}

/** `x` ticks the row that has the focus. */
export function tickRow () {
  const box = document.activeElement?.closest?.('[data-row]')?.querySelector('[data-pick]')
  box?.click()
  return Boolean(box)
}
