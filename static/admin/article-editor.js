import * as editor from "../django_prose_editor/editor.js"; // the first line, with a semicolon: the storage that hashes names needs both

// The article editor: django-prose-editor with the extensions of articles/rich_text.py. The package's own loader
// needs an inline import map, which the Content-Security-Policy forbids. Without this script the field is a plain
// textarea of HTML.

const MARKER = "data-django-prose-editor-article"

// Tiptap would add an inline <style>, which the policy blocks; its rules are in site-admin.css.
// It adds none if an element with this name exists; without a namespace, that element is no style sheet.
const claimed = document.createElementNS("", "style")
claimed.setAttribute("data-tiptap-style", "")
document.head.append(claimed)

function create(textarea) {
  if (textarea.closest(".prose-editor")) return undefined
  const { extensions } = JSON.parse(textarea.getAttribute(MARKER))
  const chosen = Object.entries(extensions)
    .filter(([name, options]) => options && editor[name])
    .map(([name, options]) => (typeof options === "object" ? editor[name].configure(options) : editor[name]))
  return editor.createTextareaEditor(textarea, chosen)
}

editor.initializeEditors(create, `[${MARKER}]`)
