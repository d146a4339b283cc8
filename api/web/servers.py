"""What a site's own server does for the widget, to copy: it asks for a token with its key and hands that to the browser."""

from __future__ import annotations

_PYTHON = """# pip install flask httpx
import os, httpx
from flask import Flask, jsonify, session

app = Flask(__name__)
app.secret_key = os.environ["SESSION_SECRET"]

@app.post("/xiansou-token")
def token():
    visitor = session.setdefault("visitor", os.urandom(8).hex())
    reply = httpx.post(
        "{origin}/v1/widget/tokens",
        headers={{"Authorization": f"Bearer {{os.environ['XIANSOU_KEY']}}"}},
        json={{"visitor": visitor}},  # "groups": [...] where the visitor may read more
    )
    return jsonify(reply.json()), reply.status_code"""

_NODE = """// Node 18 or later, npm i express cookie-session
import crypto from "node:crypto";
import express from "express";
import session from "cookie-session";

const app = express();
app.use(session({{ secret: process.env.SESSION_SECRET, sameSite: "lax" }}));

app.post("/xiansou-token", async (req, res) => {{
  req.session.visitor ??= crypto.randomUUID();
  const reply = await fetch("{origin}/v1/widget/tokens", {{
    method: "POST",
    headers: {{ Authorization: `Bearer ${{process.env.XIANSOU_KEY}}`, "Content-Type": "application/json" }},
    body: JSON.stringify({{ visitor: req.session.visitor }}),
  }});
  res.status(reply.status).json(await reply.json());
}});
app.listen(3000);"""

_PHP = """<?php // /xiansou-token (index.php of that folder)
session_start();
$_SESSION["visitor"] ??= bin2hex(random_bytes(8));
$call = curl_init("{origin}/v1/widget/tokens");
curl_setopt_array($call, [
    CURLOPT_POST => true,
    CURLOPT_RETURNTRANSFER => true,
    CURLOPT_HTTPHEADER => ["Authorization: Bearer " . getenv("XIANSOU_KEY"), "Content-Type: application/json"],
    CURLOPT_POSTFIELDS => json_encode(["visitor" => $_SESSION["visitor"]]),
]);
$reply = curl_exec($call);
http_response_code(curl_getinfo($call, CURLINFO_RESPONSE_CODE));
header("Content-Type: application/json");
echo $reply;"""


def servers(origin: str) -> list[tuple[str, str]]:
    """Name and code of each, for a service at this origin."""
    return [(name, code.format(origin=origin)) for name, code in (("Python", _PYTHON), ("Node", _NODE), ("PHP", _PHP))]
