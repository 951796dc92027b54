/** Text that is HTML already. Whatever else enters a page is escaped on its way in. */
export interface Markup {
  readonly markup: string
}

type Part = string | number | Markup | readonly Part[]

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

export function html(literals: TemplateStringsArray, ...parts: Part[]): Markup {
  return { markup: literals.reduce((text, literal, i) => text + render(parts[i - 1] ?? '') + literal) }
}

function render(part: Part): string {
  if (typeof part === 'object') return 'markup' in part ? part.markup : part.map(render).join('')
  return String(part).replace(/[&<>"']/g, character => ENTITIES[character] ?? '')
}
