#!/usr/bin/env node
import { App } from 'aws-cdk-lib'
import { configPath, loadConfig } from '../core/load-config.ts'
import { CONFIG_FILE_VARIABLE } from '../core/model/config-environment.ts'
import { errorText } from '../core/model/error-text.ts'
import { NiceBlobsError } from '../core/model/errors.ts'
import { addStacks } from '../lib/stacks.ts'

/** The CDK app: `npx cdk deploy --all`, or with `--context config=FILE`. */
try {
  const app = new App()
  // Nothing else in a shell's environment may change what is deployed.
  const file = configPath(app.node.tryGetContext('config'))
  addStacks(app, loadConfig(file, { [CONFIG_FILE_VARIABLE]: file }), file)
} catch (error) {
  if (!(error instanceof NiceBlobsError)) throw error
  console.error(errorText(error))
  process.exitCode = error.exitStatus
}
