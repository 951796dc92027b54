import { doStep, type Order, portsOf } from './kill-site.ts'

/** Does what it is ordered to until it is killed, or to its end. */

const order: Order = JSON.parse(process.argv[2] ?? '')
const archive = { database: order.database, ...portsOf(order.outside), now: Date.now }
const site = { ...order, archive }
console.log('ready')
for (const group of order.groups) {
  const errors = await Promise.all(group.map(step => doStep(step, site, order.archived)))
  for (const error of errors.flat()) console.log(`wrong: ${error}`)
}
console.log('done')
process.exit()
