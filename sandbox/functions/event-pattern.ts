/** Patterns of EventBridge: what a rule hears. */
export type Matches = (event: unknown) => boolean

type Test = (value: unknown) => boolean

const OPERATORS: Record<string, (operand: string) => Test> = {
  prefix: operand => value => typeof value === 'string' && value.startsWith(operand),
  suffix: operand => value => typeof value === 'string' && value.endsWith(operand),
  wildcard: operand => {
    const pattern = wildcardPattern(operand)
    return value => typeof value === 'string' && pattern.test(value)
  },
}

/**
 * All members that a pattern names have to be there, each with one of its alternatives: values, which are equal only to their like,
 * or a prefix, a suffix or a wildcard. Any other operator is refused, for which `subject` names the rule.
 */
export function compilePattern(pattern: unknown, subject: string): Matches {
  const refuse = (what: unknown): never => {
    throw new Error(`${subject}: the sandbox does not know the pattern ${JSON.stringify(what)}`)
  }
  const alternative = (wanted: unknown): Test => {
    if (wanted === null || typeof wanted !== 'object') return value => value === wanted
    const [[name = '', operand] = [], ...more] = Object.entries(wanted)
    const operator = OPERATORS[name]
    if (!operator || typeof operand !== 'string' || more.length > 0) return refuse(wanted)
    return operator(operand)
  }
  const compile = (node: unknown): Test => {
    if (Array.isArray(node)) {
      const tests = node.map(alternative)
      // Of an array in the event one element has to match.
      return value => [value].flat().some(each => tests.some(test => test(each)))
    }
    if (node === null || typeof node !== 'object') return refuse(node)
    const members = Object.entries(node).map(([name, inner]) => {
      return name.startsWith('$') ? refuse(name) : ([name, compile(inner)] as const)
    })
    return value =>
      typeof value === 'object' &&
      value !== null &&
      members.every(([name, test]) => name in value && test((value as Record<string, unknown>)[name]))
  }
  return compile(pattern)
}

/** `*` stands for any characters, none included; behind a backslash it stands for itself. */
function wildcardPattern(wildcard: string): RegExp {
  const parts = wildcard.match(/\\[*\\]|./gs) ?? []
  const literal = (part: string) =>
    (part.length === 2 ? part.slice(1) : part).replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
  return new RegExp(`^${parts.map(part => (part === '*' ? '.*' : literal(part))).join('')}$`, 's')
}
