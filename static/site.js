// Enhancements of the Quick Contact form, which works without them. ES2020, and no API that Safari 14 lacks.

const DRAFT = "quick-contact"
const REFERRER = "referrer"
const SLOW_MS = 8000
const LATE_MS = 20000
const SLOW = "Still sending… Please keep this page open. Sending again does not make a second enquiry."
const KEPT = "What you typed is still here: send it again"

const form = document.querySelector("form.quick-contact")

// Storage may be full or forbidden; then no draft is kept.
const stored = (key) => { try { return sessionStorage.getItem(key) } catch { return null } }
const store = (key, value) => { try { sessionStorage.setItem(key, value) } catch { /* no draft */ } }

if (document.querySelector("[data-accepted]")) store(DRAFT, "")
document.querySelector(".error-summary")?.focus()

// Each enhancement runs in its own microtask: an error in one does not affect the others or the form.
const enhancements = form ? [rememberReferrer, sendOnce, keepDraft, countCharacters] : [rememberReferrer]
for (const enhance of enhancements) queueMicrotask(enhance)

// The address of the other site that the visitor came from. On later pages, the referrer is a page of this site.
function rememberReferrer() {
  const outside = document.referrer && new URL(document.referrer).origin !== location.origin
  if (outside && !stored(REFERRER)) store(REFERRER, document.referrer)
  const field = form?.elements.referrer
  if (field && !field.value) field.value = stored(REFERRER) ?? ""
}

// The draft of the form survives a closed page or a failed network, until the enquiry is accepted.
function keepDraft() {
  const fields = [...form.elements].filter((field) => field.matches("input:not([type=hidden]), textarea"))
    .filter((field) => !["math_answer", "leave_blank"].includes(field.name))
  const draft = readDraft()
  if (fields.every((field) => !field.value)) for (const field of fields) field.value = draft[field.name] ?? ""
  form.addEventListener("input", () =>
    store(DRAFT, JSON.stringify(Object.fromEntries(fields.map((field) => [field.name, field.value])))))
}

function readDraft() {
  try { return Object(JSON.parse(stored(DRAFT))) } catch { return {} }
}

function countCharacters() {
  const field = form.elements.space_requirements
  const max = Number(field.dataset.max)
  const count = document.createElement("p")
  count.className = "count"
  field.after(count)
  const say = () => {
    const length = field.value.trim().length
    count.textContent = `${length.toLocaleString("en")} of ${max.toLocaleString("en")} characters`
    // A screen reader announces the number near the limit, not after each key.
    if (length > max - 200) count.setAttribute("aria-live", "polite")
    else count.removeAttribute("aria-live")
  }
  field.addEventListener("input", say)
  say()
}

// A second click sends nothing, and the button does not stay disabled. If fetch fails, the browser posts the form: the
// server recognises a repetition by its key and stores it once.
function sendOnce() {
  const button = form.querySelector("button.send")
  const label = button.textContent
  const notice = document.createElement("p")
  notice.setAttribute("role", "status")
  const choice = document.createElement("input") // name and value of the pressed button, which form.submit() does not send
  choice.type = "hidden"
  button.before(notice, choice)
  let state = "ready" // or "sending", or "late": no answer yet, and the button may be pressed again
  let attempts = 0
  let timers = []
  let pressed

  const enter = (next, text = "") => {
    state = next
    if (next === "ready") timers.forEach(clearTimeout)
    button.setAttribute("aria-disabled", next === "sending")
    button.textContent = next === "sending" ? "Sending…" : label
    notice.textContent = text
    notice.className = text && "notice"
  }

  form.addEventListener("click", (event) => { pressed = event.target.closest("button") })
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return
    attempts += 1
    enter("ready") // after Back from the next page
  })
  form.addEventListener("submit", async (event) => {
    if (state === "sending") return event.preventDefault()
    const submitter = event.submitter ?? pressed // Safari before 15.4 has no event.submitter
    choice.name = submitter?.name ?? ""
    choice.value = submitter?.value ?? ""
    const attempt = attempts += 1
    const reached = navigator.onLine === false ? "did not reach" : "may not have reached"
    const isRepetition = state === "late"
    enter("sending")
    timers = [setTimeout(enter, SLOW_MS, "sending", SLOW), setTimeout(enter, LATE_MS, "late", SLOW + " You can do so now.")]
    event.preventDefault() // last: after an error above, the browser posts the form

    const answer = isRepetition ? null : await post()
    if (answer?.redirected) location.assign(answer.url)
    else if (attempt !== attempts) return // a later attempt is under way
    else if (answer?.status >= 500)
      enter("ready", `Our site could not take this just now. ${KEPT} in a minute, or call us. It will not arrive twice.`)
    else if (!answer && navigator.onLine === false)
      enter("ready", `You are offline: this ${reached} us. ${KEPT} when the connection is back. It will not arrive twice.`)
    else form.submit() // no answer, or a page such as the form with errors: the browser loads and shows it
  })
}

// Resolves to the answer, however late; to null if there is none, or if fetch is missing or blocked.
async function post() {
  try {
    return await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) })
  } catch {
    return null
  }
}
