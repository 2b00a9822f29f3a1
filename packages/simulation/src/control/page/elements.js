/** The element with this id. */
export const byId = (id) => document.getElementById(id)

/** Makes an element. Functions become listeners, as `onclick`; `undefined` and `false` are left out. */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === false) continue
    if (typeof value === 'function') made.addEventListener(name.slice(2), value)
    else made.setAttribute(name, value === true ? '' : value)
  }
  made.append(...children.filter((child) => child !== undefined && child !== false))
  return made
}

/**
 * Makes a list show these items: what did not change stays as it is, so that nobody loses their place in it. Where
 * something changed under the focus, the same part of what takes its place has it.
 */
export function showList(list, items, { keyOf, render }) {
  const shown = new Map([...list.children].map((child) => [child.dataset.key, child]))
  for (const [index, item] of items.entries()) {
    const key = keyOf(item)
    const state = JSON.stringify(item)
    const known = shown.get(key)
    shown.delete(key)
    if (known?.dataset.state === state) {
      place(list, known, index)
      continue
    }
    const part = known?.contains(document.activeElement) && document.activeElement.dataset.part
    const made = render(item)
    Object.assign(made.dataset, { key, state })
    known?.remove()
    place(list, made, index)
    if (part) made.querySelector(`[data-part="${part}"]`)?.focus()
  }
  for (const gone of shown.values()) gone.remove()
}

function place(list, child, index) {
  if (list.children[index] !== child) list.insertBefore(child, list.children[index] ?? null)
}
