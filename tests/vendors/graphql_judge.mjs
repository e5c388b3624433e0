// Judges queries by GitHub's GraphQL schema: `node graphql_judge.mjs PACKAGE < QUERIES > COMPLAINTS`.
//
// The complaints are a list of texts per query.

import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const { validate } = await import(pathToFileURL(`${process.argv[2]}/index.js`));

const queries = JSON.parse(readFileSync(0, 'utf8'));
process.stdout.write(JSON.stringify(queries.map((query) => validate(query).map((error) => error.message))));
