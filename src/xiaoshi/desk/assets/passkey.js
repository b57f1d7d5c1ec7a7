// A passkey is asked for when the form is sent; the answer goes to the server in the hidden field `answer`.
// The options come from the server in WebAuthn's JSON; bytes are base64url there and buffers in the browser.

const toBytes = (text) => {
  const plain = atob(text.replace(/-/g, '+').replace(/_/g, '/'))
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0))
}

const toText = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')

const descriptors = (list) => (list || []).map((one) => ({ ...one, id: toBytes(one.id) }))

const forBrowser = (options) => {
  const asked = { ...options, challenge: toBytes(options.challenge) }
  if (options.user) asked.user = { ...options.user, id: toBytes(options.user.id) }
  if (options.excludeCredentials) asked.excludeCredentials = descriptors(options.excludeCredentials)
  if (options.allowCredentials) asked.allowCredentials = descriptors(options.allowCredentials)
  return asked
}

const forServer = (credential) => {
  const { response } = credential
  const answer = { clientDataJSON: toText(response.clientDataJSON) }
  for (const name of ['attestationObject', 'authenticatorData', 'signature', 'userHandle']) {
    if (response[name]) answer[name] = toText(response[name])
  }
  return {
    id: credential.id,
    rawId: toText(credential.rawId),
    type: credential.type,
    response: answer,
    clientExtensionResults: credential.getClientExtensionResults(),
  }
}

for (const form of document.querySelectorAll('[data-passkey]')) {
  if (!window.PublicKeyCredential) continue
  form.hidden = false
  form.addEventListener('submit', async (event) => {
    const field = form.querySelector('[name=answer]')
    if (field.value) return
    event.preventDefault()
    const says = form.querySelector('[data-passkey-says]')
    says.textContent = ''
    try {
      const options = JSON.parse(form.dataset.options)
      const publicKey = forBrowser(options.publicKey || options)
      const credential =
        form.dataset.passkey === 'create'
          ? await navigator.credentials.create({ publicKey })
          : await navigator.credentials.get({ publicKey })
      field.value = JSON.stringify(forServer(credential))
      form.submit()
    } catch {
      says.textContent = form.dataset.failed
    }
  })
}
