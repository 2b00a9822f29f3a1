import { parseStorable } from '../../../json/bounded-json.ts'
import { defined, firstText, isObject, type JsonObject, objectOf, textOf } from '../../../json/json-value.ts'

/** What a person chose of buttons, a list, a template or a form: its id and its title. */
export function readInteractive(type: string, part: JsonObject): JsonObject {
  switch (type) {
    case 'buttons_response':
      return choice('button', part.selectedButtonId, part.selectedDisplayText)
    case 'template_reply':
      return choice('template', part.selectedId, part.selectedDisplayText)
    case 'list_response': {
      const rowId = textOf(objectOf(part.singleSelectReply).selectedRowId)
      const list = choice('list', rowId, part.title, { description: textOf(part.description) })
      return rowId === undefined ? list : { ...list, rowId }
    }
    case 'interactive_response':
      return readFlow(part)
    default:
      return {}
  }
}

/** A form's answer is JSON in a text. */
function readFlow(part: JsonObject): JsonObject {
  const flow = objectOf(part.nativeFlowResponseMessage)
  const parameters = typeof flow.paramsJson === 'string' ? parseStorable(flow.paramsJson) : undefined
  const id = isObject(parameters) ? firstText(parameters.id, parameters.selectedId) : undefined
  return choice('flow', id, objectOf(part.body).text, { name: textOf(flow.name), parameters })
}

const choice = (kind: string, id: unknown, title: unknown, more: JsonObject = {}): JsonObject => ({
  interactive: defined({ kind, id: textOf(id), title: textOf(title), ...more }),
})
