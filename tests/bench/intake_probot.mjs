// The peer of `make bench-intake`: Probot verifies and parses a delivery, and its handler does nothing.
import { createServer } from "node:http";
import { generateKeyPairSync } from "node:crypto";
import { pathToFileURL } from "node:url";
import { join } from "node:path";

const [home, port, secret] = process.argv.slice(2);
const { createNodeMiddleware, createProbot } = await import(pathToFileURL(join(home, "lib/index.js")));
const { privateKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs1", format: "pem" },
});
const probot = createProbot({ overrides: { appId: 1, privateKey, secret } });
const app = (robot) => robot.on("issues.opened", async () => {});
const middleware = await createNodeMiddleware(app, { probot, webhooksPath: "/webhooks/github" });
createServer(middleware).listen(Number(port), "127.0.0.1");
