// Small helps for the Quick Contact form, which works without them.

const DRAFT = "quick-contact"
const REFERRER = "referrer"
const SENDING_MAX_MS = 15_000

const form = document.querySelector("form.quick-contact")

// Storage may be full or forbidden; then there is simply no draft.
const stored = (key) => { try { return sessionStorage.getItem(key) } catch { return null } }
const store = (key, value) => { try { sessionStorage.setItem(key, value) } catch { /* no draft */ } }

rememberReferrer()
if (document.querySelector("[data-accepted]")) store(DRAFT, "")
if (form) {
  document.querySelector(".error-summary")?.focus()
  keepDraft(form)
  countCharacters(form.elements.space_requirements)
  sendOnce(form)
}

// The other site that this visit began at; a later page only knows ours.
function rememberReferrer() {
  const outside = document.referrer && new URL(document.referrer).origin !== location.origin
  if (outside && !stored(REFERRER)) store(REFERRER, document.referrer)
  const field = form?.elements.referrer
  if (field && !field.value) field.value = stored(REFERRER) ?? ""
}

// What was typed outlives a closed page, a failed network, a wrong turn; until it is accepted.
function keepDraft(form) {
  const fields = [...form.elements].filter((field) => field.matches("input:not([type=hidden]), textarea"))
    .filter((field) => !["math_answer", "leave_blank"].includes(field.name))
  const draft = JSON.parse(stored(DRAFT) || "{}")
  if (fields.every((field) => !field.value)) for (const field of fields) field.value = draft[field.name] ?? ""
  form.addEventListener("input", () =>
    store(DRAFT, JSON.stringify(Object.fromEntries(fields.map((field) => [field.name, field.value])))))
}

function countCharacters(field) {
  const max = Number(field.dataset.max)
  const count = document.createElement("p")
  count.className = "count"
  field.after(count)
  const say = () => {
    const length = field.value.trim().length
    count.textContent = `${length.toLocaleString("en")} of ${max.toLocaleString("en")} characters`
    // Read out where it matters, not at every key.
    if (length > max - 200) count.setAttribute("aria-live", "polite")
    else count.removeAttribute("aria-live")
  }
  field.addEventListener("input", say)
  say()
}

// A second click sends nothing, and the button never stays dead. With the network down the page stays, and says so.
function sendOnce(form) {
  const button = form.querySelector("button.send")
  const label = button.textContent
  const notice = document.createElement("p")
  notice.className = "notice"
  notice.setAttribute("role", "status")
  notice.hidden = true
  button.before(notice)
  let timer

  const rest = () => {
    clearTimeout(timer)
    button.removeAttribute("aria-disabled")
    button.textContent = label
  }
  const isSending = () => button.hasAttribute("aria-disabled")
  addEventListener("pageshow", rest) // back from the next page, as it was left

  form.addEventListener("submit", async (event) => {
    event.preventDefault()
    if (isSending()) return
    notice.hidden = true
    button.setAttribute("aria-disabled", "true")
    button.textContent = "Sending…"
    timer = setTimeout(rest, SENDING_MAX_MS)
    const { submitter } = event
    const body = new URLSearchParams(new FormData(form))
    if (submitter?.name) body.set(submitter.name, submitter.value)
    try {
      const response = await fetch(form.action, { method: "POST", body, signal: AbortSignal.timeout(SENDING_MAX_MS) })
      if (response.redirected) location.assign(response.url)
      else if (response.status < 500) sendPlainly(form, submitter) // the form with errors: let the browser show it
      else throw new Error(response.statusText)
    } catch {
      rest()
      notice.hidden = false
      notice.textContent =
        "This did not reach us yet. What you typed is still here: check your connection and send it again. It will not arrive twice."
    }
  })
}

// Without our listener; the server stored nothing, or knows the enquiry by its key and stores nothing new.
function sendPlainly(form, submitter) {
  if (submitter?.name) {
    const chosen = document.createElement("input")
    Object.assign(chosen, { type: "hidden", name: submitter.name, value: submitter.value })
    form.append(chosen)
  }
  form.submit()
}
