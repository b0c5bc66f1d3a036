// A small terminal: claims, loses its connection, resumes under the same ids, and reads its totals.
// node terminal.mjs HOST:PORT TOKEN PHARMACY TERMINAL CARD BENEFICIARY; prints one line of JSON.
import WebSocket from "ws";

const [server, token, pharmacy, terminal, card, beneficiary] = process.argv.slice(2);
const authorization = `Bearer ${token}`;

const unanswered = new Map(); // id -> the message as it was sent first: a real terminal keeps it on disk
const answers = new Map();
const raw = new Map();
let pause = 100;

function connect() {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://${server}/ws/terminal`, "healthpay.terminal.v1", { headers: { authorization } });
    socket.on("error", reject);
    socket.on("message", (data) => {
      const frame = JSON.parse(data.toString());
      for (const message of Array.isArray(frame) ? frame : [frame]) {
        if (message.type === "welcome") resolve(socket);
        if (message.type === "result") answer(message);
        if (message.type === "error") reject(new Error(`${message.code}: ${message.detail}`));
      }
    });
  });
}

function answer(result) {
  if (result.body.retryable) return; // it stays unanswered
  unanswered.delete(result.id);
  answers.set(result.id, result);
  raw.set(result.id, [...(raw.get(result.id) ?? []), JSON.stringify(result.body)]);
}

function claim(id, prescriptionId) {
  const body = { prescriptionId, beneficiaryId: beneficiary, totalAmount: "50.00" };
  return { type: "claimPrescription", id, card, body };
}

async function everythingAnswered(socket) {
  while (unanswered.size > 0) {
    await new Promise((resolve) => setTimeout(resolve, pause));
    pause = Math.min(2 * pause, 2000) * (0.5 + Math.random() / 2);
    if (unanswered.size > 0) socket.send(JSON.stringify([...unanswered.values()]));
  }
}

const messages = Array.from({ length: 5 }, (_, n) => claim(`js-${n}`, `js-rx-${n}`));
for (const message of messages) unanswered.set(message.id, message);

const first = await connect();
await new Promise((resolve) => first.send(JSON.stringify(messages), resolve));
first.terminate(); // the line is lost before an answer is read

const second = await connect();
second.send(JSON.stringify([...unanswered.values()]));
await everythingAnswered(second);
const before = new Map(answers);

for (const message of messages) unanswered.set(message.id, message);
second.send(JSON.stringify(messages));
await everythingAnswered(second);
second.close(1000);

const newest = [...answers.values()].map((each) => each.position).sort((a, b) => a.split("@")[1] - b.split("@")[1]).at(-1);
const response = await fetch(`http://${server}/api/v1/pharmacies/${pharmacy}/totals?terminal=${terminal}`, {
  headers: { authorization, "min-position": newest },
});
console.log(
  JSON.stringify({
    subprotocol: first.protocol,
    statuses: messages.map((each) => answers.get(each.id).body.status),
    same: messages.every((each) => new Set(raw.get(each.id)).size === 1 && before.has(each.id)),
    replayed: messages.map((each) => answers.get(each.id).replayed),
    totals: await response.json(),
  }),
);
