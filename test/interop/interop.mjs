// Reads an array of requests from stdin, lets the official SDKs sign or verify each, and writes an array of answers.
//   sign:   { op, sdk, secret, body, id, time, url } -> { headers, query }
//   verify: { op, sdk, secret, body, headers, url }  -> { valid }
// Bodies are base64, times Unix seconds.
import Stripe from "stripe";
import twilio from "twilio";
import { sign as githubSign, verify as githubVerify } from "@octokit/webhooks-methods";
import { Webhook as StandardWebhook } from "standardwebhooks";
import { Webhook as SvixWebhook } from "svix";
import { createHash } from "node:crypto";

const stripe = new Stripe("sk_test_interop");

const sdks = {
  stripe: {
    sign: ({ secret, text, time }) => ({
      headers: { "stripe-signature": stripe.webhooks.generateTestHeaderString({ payload: text, secret, timestamp: time }) },
    }),
    verify: ({ secret, text, headers }) => stripe.webhooks.constructEvent(text, headers["stripe-signature"], secret),
  },
  octokit: {
    sign: async ({ secret, text, id }) => ({
      headers: { "x-hub-signature-256": await githubSign(secret, text), "x-github-delivery": id, "x-github-event": "push" },
    }),
    verify: async ({ secret, text, headers }) => {
      if (!(await githubVerify(secret, text, headers["x-hub-signature-256"]))) throw new Error("mismatch");
    },
  },
  "twilio-form": {
    sign: ({ secret, text, url }) => ({
      headers: {
        "x-twilio-signature": twilio.getExpectedTwilioSignature(secret, url, fields(text)),
        "content-type": "application/x-www-form-urlencoded",
      },
    }),
    verify: ({ secret, text, headers, url }) => {
      if (!twilio.validateRequest(secret, headers["x-twilio-signature"], url, fields(text))) throw new Error("mismatch");
    },
  },
  "twilio-json": {
    sign: ({ secret, text, url }) => {
      const query = `?bodySHA256=${createHash("sha256").update(text).digest("hex")}`;
      return { headers: { "x-twilio-signature": twilio.getExpectedTwilioSignature(secret, url + query, {}) }, query };
    },
    verify: ({ secret, text, headers, url }) => {
      if (!twilio.validateRequestWithBody(secret, headers["x-twilio-signature"], url, text)) throw new Error("mismatch");
    },
  },
  standardwebhooks: standard(StandardWebhook),
  svix: standard(SvixWebhook),
};

function standard(Webhook) {
  return {
    sign: ({ secret, text, id, time }) => ({
      headers: {
        "webhook-id": id,
        "webhook-timestamp": String(time),
        "webhook-signature": new Webhook(secret).sign(id, new Date(time * 1000), text),
      },
    }),
    verify: ({ secret, text, headers }) => new Webhook(secret).verify(text, headers),
  };
}

function fields(text) {
  const result = {};
  for (const [name, value] of new URLSearchParams(text)) {
    result[name] = name in result ? [result[name], value].flat() : value;
  }
  return result;
}

async function answer(request) {
  const sdk = sdks[request.sdk];
  const input = { ...request, text: Buffer.from(request.body, "base64").toString("utf8") };
  if (request.op === "sign") {
    return await sdk.sign(input);
  }
  try {
    await sdk.verify(input);
    return { valid: true };
  } catch (error) {
    return { valid: false, error: String(error.message) };
  }
}

let text = "";
for await (const chunk of process.stdin) {
  text += chunk;
}
const answers = [];
for (const request of JSON.parse(text)) {
  answers.push(await answer(request));
}
process.stdout.write(JSON.stringify(answers));
