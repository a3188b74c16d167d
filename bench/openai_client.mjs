// Reads one stream with OpenAI's own client, for bench_provider:
//
//	node openai_client.mjs NODE_MODULES BASE_URL
//
// Prints how many events it was and the CPU seconds that the process took for
// them, its start not counted.
import { createRequire } from "node:module";
import process from "node:process";

const [modules, baseURL] = process.argv.slice(2);
const OpenAI = createRequire(`${modules}/`)("openai").default;
const client = new OpenAI({ apiKey: "none", baseURL, maxRetries: 0 });
const before = process.cpuUsage();
const stream = await client.chat.completions.create({
  model: "m",
  messages: [{ role: "user", content: "x" }],
  stream: true,
});
let events = 0;
for await (const event of stream)
  events += event.choices[0].delta.content ? 1 : 0;
const used = process.cpuUsage(before);
console.log(events, (used.user + used.system) / 1e6);
