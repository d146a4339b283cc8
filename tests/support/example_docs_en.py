"""English content of the example DOCX and XLSX files, in the small markup of `make_examples`.

The company, its products and its prices are invented.
"""

from __future__ import annotations

DOCX_EN: dict[str, str] = {
    "repair-service.docx": """
# Repairs out of warranty

Valid from March 1, 2026 for the US, Canada, the UK and the EU. Devices in warranty: see Limited warranty.

## What it costs

| Repair | C2 | C2 Pro | B5 | D3 |
| Inspection (waived if you repair) | $9 | $9 | $12 | $12 |
| Main board | $24 | $39 | $48 | $45 |
| Lens module | $18 | $29 | $32 | $30 |
| Pan and tilt motor | not fitted | $22 | not fitted | not fitted |
| Battery | not fitted | not fitted | $29 | $24 |
| Return shipping | $8 | $8 | $10 | $10 |

UK and EU customers pay the same figures in pounds or euros, VAT included. The H1 and the sensors are not repaired out
  of warranty; ask chat for a trade-up code worth 25% off a new one.

## How it works

1. Ask chat for a repair number. It starts with RX and has 10 characters.
2. Remove the device from the app, take out the memory card, keep the adapter and mount.
3. Write the repair number on the outside of the box. Boxes without a number wait up to 10 business days.
4. We inspect within 2 business days of arrival and e-mail a quote.
5. Accept and pay within 14 days. Without an answer we send the device back and charge the inspection.

## How long it takes

| Work | Business days after you accept |
| Battery or mount | 3 |
| Board, lens or motor | 7 |
| Waiting for parts | up to 20, then we replace the device |

## Water and impact

Cameras that were under water or broken by a fall are not repaired at board level. You can swap them for a refurbished
  one at 60% of the current price.

## Afterwards

- The repaired part carries a 90-day warranty.
- A new main board means a new serial number, so the device has to be set up again. Your Skynook plan is not affected.
- Not happy? Ask for one free re-check within 14 days of getting the device back.
""",
    "privacy-and-encryption.docx": """
# How we protect your video

Last reviewed February 20, 2026. Plain language first; the legal privacy notice stays the binding text.

## Where video is kept

| Storage | Place | Encryption |
| Skynook, US and Canada | Oregon and Ohio, USA | TLS 1.3 in transit, AES-256 at rest |
| Skynook, UK and EU | Frankfurt and Dublin | TLS 1.3 in transit, AES-256 at rest |
| Memory card | in the camera | AES-128, key tied to your account |
| Home Hub H1 | in your home | AES-256, offline PIN |

Accounts in mainland China are run on a separate service. Nothing is shared between the two.

## Who can watch

- You and the people you invited.
- Support staff cannot see video. If you want them to look at a picture problem, you create a one-time code under
  Me, Help, Allow support. It lasts 30 minutes and every use is listed under Security, Access history.
- The police only with a valid court order. We tell you unless the law forbids it. The yearly transparency report comes
  out every March.

## End-to-end encryption

You can switch it on with Home and Home Max. Keys then live on your phones only. What you give up:

- the web viewer,
- package detection and word search,
- links to shared clips.

Save the 24-word recovery phrase. If all phones are lost and you do not have it, nobody can open your clips, not even
  us.

## Blocking the view

1. C2 Pro: tap and hold the camera on the home screen, then Shutter. The lens turns into the body and the microphone
  loses power.
2. C2, B5, D3: use Sleep. Recording and sound stop and the light goes out.
3. Neighbour's window in view? Draw a privacy mask under Picture, Privacy masks. Up to 3 masks a camera; they are black
  in recordings too and cannot be undone.

## Familiar faces

Off by default and not offered in Illinois and Texas. Face data stays on the camera or hub, never in the cloud, for 20
  people at most. Only the C2 Pro and the H1 can do it.

## How long we keep things

| Data | Kept for |
| Cloud clips | 30 or 60 days, by plan |
| Snapshots without a plan | 24 hours |
| Device logs | 7 days, or 90 days once sent to support |
| Sign-in history | 6 months |

Questions: privacy@larkovia.example. We answer within 30 days.
""",
    "business-orders.docx": """
# Buying for a business

May 2026. For shops, landlords, schools and offices in the US, Canada, the UK and the EU.

## Volume prices

| Devices in one order | Discount |
| 10 to 24 | 8% |
| 25 to 99 | 12% |
| 100 and more | 15% and a named contact |

Discounts apply to devices and accessories, not to Skynook, and cannot be combined with promo codes.

## How to order

1. Write to business@larkovia.example with models, numbers and the delivery address.
2. We send a quote within 2 business days. It is valid for 30 days.
3. Send a purchase order or pay by card or bank transfer. New customers pay in advance.
4. After three paid orders you can ask for payment terms of 30 days.

US resellers and tax-exempt organisations upload their certificate before paying; we cannot refund tax afterwards.

## Skynook Sites

Skynook Home covers one household with 10 cameras. For businesses there is Skynook Sites:

| Item | Sites 20 | Sites 60 |
| Cameras | 20 | 60 |
| Locations | 2 | 10 |
| Event clips | 60 days | 90 days |
| User accounts | 15 | 60 |
| Audit log | 90 days | 1 year |
| Price a year | $249 | $649 |

Sites plans are billed yearly only. Single sign-on (SAML) comes with Sites 60.

## Returns

Business orders can be returned within 30 days in sealed boxes. Opened devices carry a 15% restocking fee unless they
  are faulty. The warranty is the same as for private customers, but devices that run in shops around the clock are
  covered for 12 months.

## Rules for filming

You are responsible for signs and for the consent of staff and visitors. Sound recording is off by default on Sites
  plans because many places forbid it. Do not put cameras in changing rooms, toilets or hotel rooms: we close such
  accounts without notice.
""",
}

FAQ_EN: dict[str, str] = {
    "en-subscription.xlsx": """
Do I need a subscription to use the camera?
can I use it without paying | is Skynook required | free version
No. Live view, two-way talk, motion alerts and recording to a memory card or Home Hub H1 are free. Skynook adds cloud
  clips, people detection and the web viewer.

Can I watch live video without a plan?
live view free | streaming cost
Yes, as often as you like. Four people can watch one camera at the same time.

Does one plan cover two houses?
second home | vacation house | multiple locations
No. A plan belongs to one home in the app. For a second address you need a second plan, or Skynook Sites if it is a
  business.

How many cameras can I have on Solo?
second camera on Solo | add another camera
One. You can move the plan to a different camera once every 30 days. For two or more choose Home.

What happens to my recordings when I upgrade?
upgrade keep clips | change plan lose videos
Nothing is lost. Clips that are still there get the longer time of the new plan.

Can I pause my plan while I travel?
suspend subscription | hold my plan
There is no pause. Monthly plans can be cancelled and started again, but clips are deleted 7 days after the plan ends.

Is there a family discount?
discount for several accounts | cheaper for family
No, but a Home plan covers everyone in the household: up to 8 people can see the clips of 10 cameras.

Which payment methods do you accept?
pay with PayPal | Amex | debit card
Visa, Mastercard, American Express, PayPal, and purchases through the App Store or Google Play. No checks.

Does 24/7 recording work with the doorbell?
continuous recording doorbell | CVR D3 | all day recording battery camera
No, not even when it is wired. Only plugged-in C2 and C2 Pro cameras, up to 3 of them, on Home Max.

How much internet upload do cloud clips use?
data usage | upload gigabytes | bandwidth cap
About 1 GB per camera a month with 15 events a day. Continuous recording of a C2 uses about 400 GB a month.

Can I get the student price?
education discount | college
We do not have one. Watch for the sale in the last week of November.

Why do I still see ads for Skynook in the app?
turn off upsell | hide banner
Close the banner with the cross; it stays away for 90 days. Under Me, Notifications you can switch off Tips and offers.

I redeemed a gift code but nothing changed
gift card not working | code redeemed no plan
Close and open the app. If the plan is still missing after 1 hour, check that the code was redeemed in the same region:
  a US code does not work on a UK account.

Does cancelling delete my account?
keep account after cancelling | stop subscription only
No. Your cameras keep working with the Free plan. Closing the account is a separate step.

Can I get an invoice every month by e-mail?
automatic invoice | send receipts
Yes: Billing, E-mail receipts. Add up to 2 more addresses, for example your bookkeeper's.
""",
}
