/** Captcha pictures: four characters, tilted, on a noisy ground. A person reads them; a byte match does not. */
import { createHash } from 'node:crypto';
import { canvas, encodePng, paint } from '../png.ts';
import type { Canvas, Colour } from '../png.ts';
import { ALPHABET, GLYPH_HEIGHT, GLYPH_WIDTH, ink } from './glyphs.ts';

const WIDTH = 132;
const HEIGHT = 46;
const LENGTH = 4;
/** Pixels per cell of the glyph's grid. */
const SCALE = 4.2;
const GROUND: Colour = [244, 246, 250];
/** How many pictures are remembered. */
const MEMORY = 5_000;

export interface Captchas {
  /** A new picture, and what it says. */
  draw(): { text: string; image: Buffer };
  /** What a picture drawn here says: stands in for a captcha worker. */
  textOf(image: Buffer): string | undefined;
}

/** @param fraction uniform in [0, 1) */
export function createCaptchas(fraction: () => number): Captchas {
  const texts = new Map<string, string>();
  const between = (low: number, high: number) => low + fraction() * (high - low);
  const pick = () => ALPHABET[Math.floor(fraction() * ALPHABET.length)] ?? 'A';

  return {
    draw() {
      const text = Array.from({ length: LENGTH }, pick).join('');
      const picture = canvas(WIDTH, HEIGHT, GROUND);
      speckle(picture, between, 220);
      for (let lines = 0; lines < 3; lines += 1) scratch(picture, between);
      Array.from(text).forEach((character, place) => write(picture, character, place, between));
      const image = encodePng(picture);
      texts.set(digest(image), text);
      const oldest = texts.keys().next().value;
      if (texts.size > MEMORY && oldest !== undefined) texts.delete(oldest);
      return { text, image };
    },
    textOf: (image) => texts.get(digest(image)),
  };
}

type Between = (low: number, high: number) => number;

const digest = (image: Buffer) => createHash('sha256').update(image).digest('hex');

function write(picture: Canvas, character: string, place: number, between: Between): void {
  const colour: Colour = [between(10, 90), between(20, 80), between(60, 140)];
  const centre = { x: 20 + place * 31 + between(-2, 2), y: HEIGHT / 2 + between(-3, 3) };
  const tilt = between(-0.28, 0.28);
  const [sin, cos] = [Math.sin(tilt), Math.cos(tilt)];
  const reach = Math.ceil(SCALE * GLYPH_HEIGHT * 0.75);
  for (let dy = -reach; dy <= reach; dy += 1) {
    for (let dx = -reach; dx <= reach; dx += 1) {
      const x = Math.round(centre.x) + dx;
      const y = Math.round(centre.y) + dy;
      paint(picture, x, y, colour, coverage(character, x - centre.x, y - centre.y, sin, cos));
    }
  }
}

/** How much of a pixel is ink: nine samples, each turned back into the glyph's own upright grid. */
function coverage(character: string, dx: number, dy: number, sin: number, cos: number): number {
  let hits = 0;
  for (const sy of [-0.33, 0, 0.33]) {
    for (const sx of [-0.33, 0, 0.33]) {
      const [x, y] = [dx + sx, dy + sy];
      const column = Math.floor((x * cos + y * sin) / SCALE + GLYPH_WIDTH / 2);
      const row = Math.floor((y * cos - x * sin) / SCALE + GLYPH_HEIGHT / 2);
      if (ink(character, column, row)) hits += 1;
    }
  }
  return hits / 9;
}

function speckle(picture: Canvas, between: Between, dots: number): void {
  for (let dot = 0; dot < dots; dot += 1) {
    const colour: Colour = [between(120, 220), between(120, 220), between(120, 220)];
    paint(picture, Math.floor(between(0, WIDTH)), Math.floor(between(0, HEIGHT)), colour);
  }
}

/** A thin wave across the picture. */
function scratch(picture: Canvas, between: Between): void {
  const colour: Colour = [between(120, 190), between(120, 190), between(120, 190)];
  const [base, swing, length, phase] = [between(8, 38), between(2, 9), between(18, 40), between(0, 6)];
  for (let x = 0; x < WIDTH; x += 1) {
    const y = base + swing * Math.sin(x / length + phase);
    paint(picture, x, Math.floor(y), colour, 0.8);
    paint(picture, x, Math.floor(y) + 1, colour, 0.4);
  }
}
