// Two minutes before a session ends for want of an act, a notice with a button; what was typed stays where it is.
// Without JavaScript nothing is lost either: a form sent too late comes back with what was typed (signing_in/drafts.py).

const { body } = document
const warnBefore = 120
let left = Number(body.dataset.sessionLeft)
let begun = Date.now()
let notice = null

const token = () => JSON.parse(body.getAttribute('hx-headers:inherited') || '{}')['X-CSRFToken'] || ''

const stay = async () => {
  const answer = await fetch('/sign-in/still-here/', { method: 'POST', headers: { 'X-CSRFToken': token() } })
  if (!answer.ok || answer.redirected) return
  left = (await answer.json()).left_s
  begun = Date.now()
  notice.remove()
  notice = null
}

const warn = () => {
  notice = document.createElement('div')
  notice.className = 'xs-banner xs-banner--doubt'
  notice.setAttribute('role', 'alert')
  const text = document.createElement('div')
  text.className = 'xs-banner__text'
  text.textContent = body.dataset.sessionEnds
  const button = document.createElement('button')
  button.type = 'button'
  button.className = 'govuk-button govuk-button--secondary'
  button.textContent = body.dataset.sessionStay
  button.addEventListener('click', stay)
  notice.append(text, button)
  document.getElementById('main').prepend(notice)
}

// Looked at by the clock, not counted: a computer that slept has not stopped the time.
if (left > 0) {
  setInterval(() => {
    if (!notice && (Date.now() - begun) / 1000 > left - warnBefore) warn()
  }, 5000)
}
