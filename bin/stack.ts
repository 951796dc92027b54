#!/usr/bin/env node
import { App } from 'aws-cdk-lib'
import { loadConfig } from '../core/load-config.ts'
import { errorText } from '../core/model/error-text.ts'
import { NiceBlobsError } from '../core/model/errors.ts'
import { addStacks } from '../lib/stacks.ts'

/** The CDK app: `npx cdk deploy --all`, or with `--context config=FILE`. */
try {
  const app = new App()
  addStacks(app, loadConfig(app.node.tryGetContext('config')))
} catch (error) {
  if (!(error instanceof NiceBlobsError)) throw error
  console.error(errorText(error))
  process.exitCode = error.exitStatus
}
