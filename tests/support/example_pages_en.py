"""English content of the example PDF files, in the small markup of `make_examples`.

The company, its products and its prices are invented.
"""

from __future__ import annotations

PDF_EN: dict[str, str] = {
    "hub-h1-guide.pdf": """
# Home Hub H1 guide

Document LK-H1-INT-07, June 15, 2026, firmware 5.0.1. For hubs sold outside mainland China.

## What the hub does

The H1 joins cameras and sensors into one system. Outdoor Battery Cams B5 can record to it, and the door sensor S1
  and the motion sensor P1 work only with it. When the internet is down, local recording, siren and modes keep working;
  you just do not get push alerts.

| Item | Value |
| Cameras | 16, of which 8 can record at the same time |
| Sensors | 64 |
| Built-in storage | 32 GB |
| Card slot | microSD up to 512 GB, U3 |
| Range in the open | 260 feet (80 m) |
| Siren | 95 dB, 3 minutes at most |
| Power | 12 V / 1.5 A, backup battery about 4 hours |
| Network | 100 Mbps Ethernet, 2.4 and 5 GHz Wi-Fi |
| Radio (US, Canada) | 915 MHz |
| Radio (UK, EU) | 868 MHz |

## First setup

1. Place the hub in the middle of the home, at least 3 feet (1 m) from the router.
2. Connect it to the router with the cable from the box, then plug in the power. Wait about 60 seconds for solid white.
3. With the phone on the same router, open Larkovia Home. "Home Hub found" appears. Tap Add.
4. Choose a 6-digit offline PIN. You need it to reach the hub on your own network when the internet is down. A
  forgotten PIN can only be cleared by a factory reset.

## Add sensors

1. Open the hub in the app and tap Add sensor. The hub searches for 90 seconds.
2. Pull the plastic tab out of the sensor. Press the pinhole of the S1 once, or hold the top button of the P1 for
  3 seconds.
3. Two short beeps confirm it.

## Move a B5 from Wi-Fi to the hub

1. On the B5, open Settings, Network, Move to hub.
2. Choose the hub and wait 1 to 2 minutes. The B5 flashes green twice.
3. Clips are now stored on the hub. For clips in the cloud as well, you need a Skynook plan.

The built-in 32 GB hold about 1,600 clips of 15 seconds. When it is full the oldest clips go first.

## When something is down

| Situation | Still works | Does not work |
| Internet down | Local recording, siren, modes, viewing at home | Push alerts, remote viewing, cloud clips |
| Power cut, up to 4 hours | The same, siren at half volume | Push alerts if the router is down too |
| Power cut, longer | Nothing | Everything; the last mode returns with the power |

## Factory reset

Hold the pinhole on the bottom for 10 seconds until you hear three long beeps. Paired sensors and all recordings on the
  built-in storage and the card are erased. Export what you need first.

## Radio neighbours

Keep the hub away from baby monitors and weather stations that use the same band. If sensors report late, open Hub,
  Radio, Scan and let the hub choose one of its 4 channels. The scan takes 2 minutes, during which sensors are deaf.
""",
    "b5-mounting-guide.pdf": """
# Outdoor Battery Cam B5 mounting guide

April 2026, second edition. Includes Solar Panel SP2.

## Where to mount it

- 7 to 10 feet (2.1 to 3 m) high, tilted down about 15 degrees.
- People should cross the picture from side to side. Heat sensors see movement towards the camera much later.
- Under a roof edge if you can. The camera is rated IP66 and stands rain, but drops on the lens spoil night pictures.
- Never behind a window. The heat sensor cannot look through glass.

## Drill and screw

| Wall | Drill bit | Depth | Anchor |
| Wood | 3/32 in (2.5 mm) | 1 in (25 mm) | none |
| Brick, concrete | 1/4 in (6 mm) | 1 1/4 in (32 mm) | supplied |
| Stucco, siding | 1/4 in (6 mm) | 1 1/2 in (38 mm) | supplied |

1. Hold the base against the wall and mark three holes.
2. Drill, push in the anchors and screw the base on with a Phillips no. 2 screwdriver.
3. Snap the ball head into the base and tighten the ring by hand.
4. Set the picture with Live view, then lock the ring with the hex key from the box.

## Magnetic mount

The magnet in the back holds on steel up to 25 mph (40 km/h) wind. Use the safety cord where the camera can be knocked
  off. Magnets do not hold on aluminium gutters.

## Solar Panel SP2

| Item | Value |
| Power | 4 W |
| Cable | 10 feet (3 m), one 6.5 feet (2 m) extension |
| Sun needed | 3 hours of direct sun a day |
| Tilt, south of 35 degrees latitude | 30 degrees |
| Tilt, 35 to 48 degrees latitude | 40 degrees |
| Tilt, north of 48 degrees latitude | 52 degrees |

1. Charge the B5 to at least 80 percent first. The panel tops up; it is not made to fill an empty battery.
2. Face the panel south (north in the southern hemisphere) with no shade around noon.
3. Slide the weather sleeve over the plug, push the plug all the way in and screw the sleeve down.
4. Leave a downward loop in the cable so that water drips off.
5. Settings, Battery shows Solar charging in bright sun and Standby under clouds. Both are normal.

## Weather and care

| Condition | What to expect |
| 20 cloudy days, 15 events a day | about 13 percent lower |
| Snow on the panel | brush it off; hot water cracks the glass |
| Above 113 F (45 C) battery temperature | charging pauses (E402) and resumes in the evening |
| Dusty panel | up to 30 percent less power; wipe it every 2 months |

## Theft

A B5 that is reported stolen in the app (Settings, Report stolen) is locked for every other account. Send us the police
  report within 30 days of the theft and we replace the camera once, free of charge, within its first 24 months.
""",
    "sensor-guide.pdf": """
# Door sensor S1 and motion sensor P1

Guide LK-SN-INT-03, November 2025. Both sensors need a Home Hub H1.

## Facts

| | S1 door and window | P1 motion |
| Battery | CR2032 | CR2450 |
| Battery life | about 18 months | about 24 months |
| Low-battery alert | 10 percent | 10 percent |
| Range to hub, open | 260 feet (80 m) | 260 feet (80 m) |
| Detection | gap above 0.6 in (15 mm) | 23 feet (7 m), 110 degrees |
| Temperature | 14 to 122 F (-10 to 50 C) | 32 to 104 F (0 to 40 C) |
| Use | indoors | indoors |

## Fit the S1

1. Clean the frame with alcohol and let it dry.
2. Put the larger part on the frame and the magnet on the moving leaf, marks facing each other.
3. With the door closed the gap must stay below 0.6 in (15 mm).
4. Press for 30 seconds. The adhesive reaches full strength after 24 hours.

Steel doors shorten the radio range by about half. Use the plastic spacer that comes in the bag.

## Fit the P1

1. Mount it in a corner, 7 feet (2.1 m) high.
2. Turn off the walk-test light when you are done: it switches itself off 15 minutes after the cover is closed.
3. To ignore pets up to 55 pounds (25 kg), keep furniture they can climb at least 6 feet (1.8 m) from the sensor.

After an event the P1 rests for 90 seconds to save its battery. That is why it does not react to every step.

## Change a battery

1. In the app tap Replace battery, so that the open cover does not set off the tamper alarm. You have 5 minutes.
2. Open the sensor with a coin at the notch.
3. Take the old cell out, wait 10 seconds, insert the new one with the plus side up.
4. Close the cover. The sensor reports within 20 seconds; no new pairing is needed.

Keep coin cells away from children. If one is swallowed, call a doctor or poison control at once.

## Light signals

| Light | Meaning |
| One green flash | Event sent |
| Two red flashes | Event not received by the hub |
| Red flash every 30 seconds | Battery low |
| Green and red in turn | Pairing |

## Sensor shows as missing

The hub expects a sign of life every 50 minutes. After 3 missed signs the app says Missing. Change the battery first. If
  that does not help, bring the sensor within 10 feet (3 m) of the hub and press its button once.
""",
}
