import { Client } from "@gradio/client";

const SPACE = "http://127.0.0.1:7861"; // l’adresse du Space d’entraînement

const client = await Client.connect(SPACE);
const result = await client.predict("/saluer", {
  prenom: "Awa",
  tutoyer: false,
});
console.log(result.data);
process.exit();
