import { list, type Statement } from '../document.ts'
import { type Change, conditionsOf, leavingOut, type Mutation, withCondition } from './mutant.ts'

/** Every way in which a statement, a little wrong, would stop what has to work; what stops nothing is not needed. */
export const TIGHTENING: Mutation = {
  changes: statement => (statement.Effect === 'Deny' ? stricterDenials(statement) : fewerRights(statement)),
  from: { Deny: ['A', 'i'], Allow: ['A'] },
}

function stricterDenials(statement: Statement): Change[] {
  const { NotResource, ...bare } = statement
  return [
    ...conditionsOf(statement).map(([operator, key]) => ({
      how: `even without ${operator} ${key}`,
      statement: withCondition(statement, operator, key),
    })),
    ...(NotResource === undefined ? [] : [{ how: 'on everything', statement: { ...bare, Resource: '*' } }]),
  ]
}

function fewerRights(statement: Statement): Change[] {
  return [
    { how: 'removed' },
    ...leavingOut(list(statement.Action)).map(([action, rest]) => ({
      how: `not of ${action}`,
      statement: { ...statement, Action: rest },
    })),
    ...leavingOut(list(statement.Resource)).map(([resource, rest]) => ({
      how: `not on ${resource}`,
      statement: { ...statement, Resource: rest },
    })),
    ...conditionsOf(statement).flatMap(([operator, key, values]) =>
      leavingOut(values).map(([value, rest]) => ({
        how: `${operator} ${key}: not ${value}`,
        statement: withCondition(statement, operator, key, rest),
      })),
    ),
  ]
}
