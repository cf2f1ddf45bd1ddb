/**
 * A page or an XML document as a tree, and CSS selectors over it. Whatever page and selector are, time and memory are
 * bounded: a page that was made to hold us up costs a fraction of a second, then its request ends with an error.
 */
import { compile } from 'css-select';
import { DomHandler, hasChildren, isTag, isText } from 'domhandler';
import type { AnyNode, ChildNode, Element } from 'domhandler';
import * as dom from 'domutils';
import { Parser } from 'htmlparser2';
import { GatewayError } from '../../runtime/errors.ts';

export type { Element } from 'domhandler';

/** Characters of a page that are read. */
const MAX_PAGE = 2_000_000;
/** Elements, texts and comments. */
const MAX_NODES = 100_000;
/** Browsers nest no deeper either. The parser's time grows with nodes × depth. */
const MAX_DEPTH = 512;
/**
 * Steps through the tree that the selectors of one page may take: some selectors (`a ~ b`, `:has()`, `:nth-child()`)
 * look at each pair of elements.
 */
const MAX_STEPS = 3_000_000;
/** Characters or list entries that are looked through in the time of one step. */
const ITEMS_PER_STEP = 64;
/** To compile a selector for one element. */
const STEPS_TO_COMPILE = 200;
/** To hand out an element, beyond looking at it: whoever asked makes something of it. */
const STEPS_PER_ELEMENT = 20;

export interface Page {
  readonly children: readonly ChildNode[];
  /** Longer, deeper or of more nodes than is read: its end is missing. */
  readonly cut: boolean;
  /** XML: names are case-sensitive. */
  readonly xml: boolean;
  /** Counts work on this page. @throws GatewayError `RESPONSE_TOO_LARGE` when it was too much. */
  readonly spend: (steps: number) => void;
  /** Selectors that were compiled for this page. */
  readonly selectors: Map<string, (element: Element) => boolean>;
}

const CUT = Symbol('cut');

/** Stops the parser by an exception where the tree would grow too large. */
class BoundedHandler extends DomHandler {
  private nodes = 0;

  protected override addNode(node: ChildNode): void {
    this.nodes += 1;
    if (this.nodes > MAX_NODES || this.tagStack.length > MAX_DEPTH) throw CUT;
    super.addNode(node);
  }
}

export function parsePage(html: string, { xml = false } = {}): Page {
  const handler = new BoundedHandler(null, { xmlMode: xml });
  let cut = html.length > MAX_PAGE;
  try {
    new Parser(handler, { xmlMode: xml }).end(html.slice(0, MAX_PAGE));
  } catch (error) {
    if (error !== CUT) throw error;
    cut = true;
  }
  let left = MAX_STEPS;
  return {
    children: handler.root.children,
    cut,
    xml,
    selectors: new Map(),
    spend: (steps) => {
      left -= steps;
      if (left < 0) {
        throw new GatewayError('RESPONSE_TOO_LARGE', 'A selector takes too long to find on this page.');
      }
    },
  };
}

/**
 * Elements that a CSS selector matches, in the order of the page; `template`s are not looked into.
 * @param within Only those below it; `:scope` is the element itself.
 * @throws Error for an invalid selector; GatewayError `RESPONSE_TOO_LARGE` as `Page.spend`.
 */
export function* elementsOf(page: Page, selector: string, within?: Element): Generator<Element> {
  if (within && selector.trim() === ':scope') {
    yield within;
    return;
  }
  const matches = compiled(page, selector, within);
  const waiting: ChildNode[] = (within ?? page).children.toReversed();
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    page.spend(1);
    if (!isTag(node)) continue;
    if (matches(node)) {
      page.spend(STEPS_PER_ELEMENT);
      yield node;
    }
    if (node.name === 'template') continue;
    for (let at = node.children.length - 1; at >= 0; at -= 1) waiting.push(node.children[at]!);
  }
}

function compiled(page: Page, selector: string, within: Element | undefined): (element: Element) => boolean {
  const options = { adapter: countingAdapter(page), xmlMode: page.xml };
  // What is relative to an element is compiled for it.
  if (within && /^\s*[>+~]|:scope/.test(selector)) {
    page.spend(STEPS_TO_COMPILE);
    return compile(selector, options, [within]);
  }
  const known = page.selectors.get(selector);
  if (known) return known;
  const fresh = compile(selector, options);
  page.selectors.set(selector, fresh);
  return fresh;
}

/** The text of an element, trimmed, or the value of its attribute. `undefined`: it has none of that name. */
export function valueOf(page: Page, element: Element, attribute: string | undefined): string | undefined {
  const value =
    attribute === undefined ? textWithin(page, element).trim() : dom.getAttributeValue(element, attribute);
  page.spend(1 + Math.floor((value?.length ?? 0) / ITEMS_PER_STEP));
  return value;
}

/** As `textContent` of a browser. */
function textWithin(page: Page, element: Element): string {
  const texts: string[] = [];
  const waiting: ChildNode[] = element.children.toReversed();
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    page.spend(1);
    if (isText(node)) texts.push(node.data);
    else if (hasChildren(node)) {
      for (let at = node.children.length - 1; at >= 0; at -= 1) waiting.push(node.children[at]!);
    }
  }
  return texts.join('');
}

/** Is it a selector that a page can be searched for? */
export function isSelector(selector: string): boolean {
  try {
    compile(selector);
    return true;
  } catch {
    return false;
  }
}

/** css-select sees the tree only through these functions: each counts what it, or the loop around it, costs. */
function countingAdapter({ spend }: Page) {
  const stepsFor = (length = 0) => 1 + Math.floor(length / ITEMS_PER_STEP);
  return {
    ...dom,
    isTag: (node: AnyNode): node is Element => {
      spend(1);
      return isTag(node);
    },
    getParent: (element: Element) => {
      spend(1);
      return dom.getParent(element);
    },
    getSiblings: (node: AnyNode) => {
      const siblings = dom.getSiblings(node);
      // Some callers copy them, or look for one among them.
      spend(stepsFor(siblings.length));
      return siblings;
    },
    getAttributeValue: (element: Element, name: string) => {
      const value = dom.getAttributeValue(element, name);
      spend(stepsFor(value?.length));
      return value;
    },
    getText: (node: AnyNode) => {
      const value = dom.getText(node);
      spend(stepsFor(value?.length));
      return value;
    },
  };
}
