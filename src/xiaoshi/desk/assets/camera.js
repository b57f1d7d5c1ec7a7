// A camera in the page: a telephone's, or a document camera on the desk. A photo is looked at before it is used; a good one
// (or one that the person uses anyway) is put into the form's file field and sent as if it had been chosen there.
// Without a camera, without permission, or without this script the file field is all there is.
const form = document.querySelector('form[data-photos]')
const field = form?.querySelector('input[type="file"]')
const words = form?.dataset

function made (tag, className, text = '') {
  const element = document.createElement(tag)
  element.className = className
  element.textContent = text
  return element
}

function button (text, secondary, onClick) {
  const element = made('button', secondary ? 'govuk-button govuk-button--secondary' : 'govuk-button', text)
  element.type = 'button'
  element.addEventListener('click', onClick)
  return element
}

class Camera {
  constructor () {
    this.box = made('div', 'xs-camera')
    this.video = made('video', '')
    this.video.muted = true
    this.video.playsInline = true
    this.said = made('div', '')
    this.said.setAttribute('role', 'status')
    this.acts = made('div', 'xs-camera__acts')
    this.box.append(this.video, this.said, this.acts)
  }

  /** The rear camera of a telephone first; a named one when the person chose it. */
  async open (id = '') {
    this.close()
    const size = { width: { ideal: 4096 }, height: { ideal: 3072 } }
    const video = id ? { ...size, deviceId: { exact: id } } : { ...size, facingMode: { ideal: 'environment' } }
    this.stream = await navigator.mediaDevices.getUserMedia({ video, audio: false })
    this.video.srcObject = this.stream
    await this.video.play()
    await this.showLive()
  }

  close () {
    for (const track of this.stream?.getTracks() ?? []) track.stop()
    this.stream = null
  }

  async showLive () {
    this.still?.remove()
    this.video.hidden = false
    this.said.replaceChildren()
    const cameras = (await navigator.mediaDevices.enumerateDevices()).filter((one) => one.kind === 'videoinput')
    this.acts.replaceChildren(button(words.wordsShoot, false, () => this.shoot()))
    if (cameras.length > 1) this.acts.append(this.chooser(cameras))
    this.acts.append(button(words.wordsClose, true, () => { this.close(); this.box.replaceWith(opener()) }))
  }

  chooser (cameras) {
    const select = made('select', 'govuk-select')
    select.setAttribute('aria-label', words.wordsWhich)
    const now = this.stream.getVideoTracks()[0]?.getSettings().deviceId
    for (const [number, one] of cameras.entries()) {
      const option = new Option(one.label || `${words.wordsWhich} ${number + 1}`, one.deviceId)
      option.selected = one.deviceId === now
      select.append(option)
    }
    select.addEventListener('change', () => this.open(select.value).catch(() => this.say(words.wordsNone)))
    return select
  }

  say (...lines) {
    this.said.replaceChildren(...lines.map((line) => made('p', 'xs-tight', line)))
  }

  async picture () {
    const track = this.stream.getVideoTracks()[0]
    if ('ImageCapture' in window) {
      try { return await new ImageCapture(track).takePhoto() } catch { /* some cameras only film: the frame below */ }
    }
    const canvas = document.createElement('canvas')
    canvas.width = this.video.videoWidth
    canvas.height = this.video.videoHeight
    canvas.getContext('2d').drawImage(this.video, 0, 0)
    return await new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', 0.95))
  }

  async shoot () {
    const blob = await this.picture()
    const time = new Date().toISOString().replace(/\D/g, '').slice(0, 14)
    const file = new File([blob], `tray-${time}.${blob.type === 'image/png' ? 'png' : 'jpg'}`, { type: blob.type })
    this.still = made('img', '')
    this.still.alt = ''
    this.still.src = URL.createObjectURL(blob)
    this.video.hidden = true
    this.video.before(this.still)
    this.acts.replaceChildren()
    this.say(words.wordsLooking)
    const told = await judged(file)
    const again = button(words.wordsAgain, told.refused === false && told.lines.length === 0, () => this.showLive())
    this.say(...(told.lines.length ? told.lines : [words.wordsGood]))
    if (!told.refused) {
      const doubtful = told.lines.length > 0
      this.acts.append(button(doubtful ? words.wordsAnyway : words.wordsUse, doubtful, () => this.use(file, doubtful)))
    }
    this.acts.append(again)
    this.acts.querySelector('button').focus()
  }

  use (file, anyway) {
    const files = new DataTransfer()
    files.items.add(file)
    field.files = files.files
    if (anyway) {
      const said = made('input', '')
      Object.assign(said, { type: 'hidden', name: 'anyway', value: 'yes' })
      form.append(said)
    }
    this.close()
    form.requestSubmit()
  }
}

async function judged (file) {
  const body = new FormData()
  body.set('photo', file)
  body.set('csrfmiddlewaretoken', form.elements.csrfmiddlewaretoken.value)
  try {
    const answer = await fetch(words.judge, { method: 'POST', body, credentials: 'same-origin' })
    const told = await answer.json()
    if (told.problem) return { lines: [told.problem], refused: true }
    return { lines: told.findings.map((one) => one.text), refused: told.findings.some((one) => one.level === 'refuse') }
  } catch {
    // The network is gone: the server looks at the photo again when it is sent.
    return { lines: [], refused: false }
  }
}

function opener () {
  const open = button(words.wordsCamera, true, async () => {
    const camera = new Camera()
    open.replaceWith(camera.box)
    try {
      await camera.open()
    } catch {
      camera.close()
      camera.box.replaceWith(made('p', 'xs-tight', words.wordsNone))
    }
  })
  return open
}

if (form && field && navigator.mediaDevices?.getUserMedia) form.before(opener())
