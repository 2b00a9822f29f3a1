/**
 * Calls `refresh` whenever the phone shows something else, once at a time: what changes meanwhile is one more call.
 *
 * @returns ends it
 */
export function follow(path, refresh) {
  const source = new EventSource(path)
  let running = false
  let again = false

  async function run() {
    if (running) {
      again = true
      return
    }
    running = true
    do {
      again = false
      await refresh()
    } while (again)
    running = false
  }

  source.addEventListener('change', run)
  return () => source.close()
}
