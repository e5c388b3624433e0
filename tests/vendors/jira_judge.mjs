// Judges exchanges with Jira Cloud by the schemas of jira.js: `node jira_judge.mjs PACKAGE < QUESTIONS > COMPLAINTS`.
//
// A question is {operation, given, model, many, answer}: parameters as that operation of jira.js takes them, and what
// was answered, which is one `model` or many. The complaints are a list of texts per question.

import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

process.env.AUDIT_SCHEMAS = 'true'; // what the schemas do not name is a fault; read when they are loaded
const home = pathToFileURL(`${process.argv[2]}/dist/cloud/`);
const models = await import(new URL('models/index.js', home));

const upper = (name) => name[0].toUpperCase() + name.slice(1);
const complaints = (side, result) =>
  result.success ? [] : result.error.issues.map((issue) => `${side}.${issue.path.join('.')}: ${issue.message}`);

async function judge({ operation, given, model, many, answer }) {
  const parameters = await import(new URL(`parameters/${operation}.js`, home));
  const asked = parameters[`${upper(operation)}Schema`].strict().safeParse(given);
  if (!model) return complaints('request', asked);
  const schema = many ? models[`${model}Schema`].array() : models[`${model}Schema`];
  return [...complaints('request', asked), ...complaints('response', schema.safeParse(answer))];
}

const questions = JSON.parse(readFileSync(0, 'utf8'));
process.stdout.write(JSON.stringify(await Promise.all(questions.map(judge))));
