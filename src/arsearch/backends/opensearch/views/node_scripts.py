"""What nodes compute for documents they have found, in Painless: the cosine with a query, and the words it is about.

https://docs.opensearch.org/latest/api-reference/script-apis/exec-script/ says where scripts may run. A script has
constant text and takes the query as parameters, so a node compiles it once.
"""

from __future__ import annotations

__all__ = ["DAY", "FOLLOWERS", "PASSAGE_COSINE", "VIEW", "WRITTEN"]

# The day of a document, as far as it is known: dates are prefixes of ISO 8601.
DAY = """
if (doc['date'].size() == 0) { return ''; }
String date = doc['date'].value;
return date.length() > 10 ? date.substring(0, 10) : date;
"""


# The cosine of two vectors of int8, where the cluster has no k-NN plugin; scores must not be negative.
PASSAGE_COSINE = """
def code = doc['passages.code'].value;
byte[] bytes = code.bytes;
int offset = code.offset;
double product = 0;
double square = 0;
for (int place = 0; place < params.query.length; place++) {
  double value = bytes[offset + place];
  product += params.query[place] * value;
  square += value * value;
}
return 1 + product / Math.max(1e-9, Math.sqrt(square));
"""

_NUMBERS = """
int number(byte[] bytes, int[] at) {
  int next = bytes[at[0]++];
  int value = next & 127;
  int shift = 7;
  while (next < 0) { next = bytes[at[0]++]; value |= (next & 127) << shift; shift += 7; }
  return value;
}
int word32(byte[] bytes, int at) {
  return (bytes[at] & 255) | (bytes[at + 1] & 255) << 8 | (bytes[at + 2] & 255) << 16 | (bytes[at + 3] & 255) << 24;
}
"""
"""Numbers out of bytes, for the scripts below."""

# What a search needs of a document, as text: see query_views.py, which reads it, loose_words.py, and word_column.py and
# documents.py, which say how the two columns are laid out. Painless stops a script after a million rounds of loops: of
# a document that large nothing is sent, and its whole record is asked for.
VIEW = (
    _NUMBERS
    + """
void put(StringBuilder out, long value) {
  long rest = value;
  while (rest >= 57L) { out.appendCodePoint((int) (93L + rest % 34L)); rest = rest / 34L; }
  out.appendCodePoint((int) (35L + rest));
}
float half(byte[] bytes, int at) {
  int bits = (bytes[at] & 255) | (bytes[at + 1] & 255) << 8;
  int sign = (bits & 32768) << 16;
  if ((bits & 31744) == 0) {
    float small = (float) ((bits & 1023) / 16777216.0);
    return sign == 0 ? small : -small;
  }
  return Float.intBitsToFloat(sign | (((bits & 32767) << 13) + 939524096));
}
int[] numbers(List given) {
  int[] found = new int[given.size()];
  for (int i = 0; i < found.length; i++) { found[i] = ((Number) given.get(i)).intValue(); }
  return found;
}
long[] longs(List given) {
  long[] found = new long[given.size()];
  for (int i = 0; i < found.length; i++) { found[i] = ((Number) given.get(i)).longValue(); }
  return found;
}

def record = doc['record'].value;
byte[] packed = record.bytes;
int start = record.offset;
int passages = word32(packed, start + 8);
int spans = start + 32 + word32(packed, start);
int codes = spans + 8 * passages;
List given = params.vector;
int dimension = given.size();
def column = doc['tokens'].value;
byte[] bytes = column.bytes;
if (2L * column.length + (long) passages * (dimension + 2) > 900000L) { return ''; }

StringBuilder out = new StringBuilder();
int[] at = new int[1];
at[0] = column.offset;
int tokens = number(bytes, at);
put(out, tokens);
for (int i = 0; i < 3; i++) { put(out, number(bytes, at)); }
put(out, packed[start + 12]);

double best = -1;
int nearest = -1;
if (dimension > 0 && passages > 0) {
  float[] query = new float[dimension];
  for (int i = 0; i < dimension; i++) { query[i] = ((Number) given.get(i)).floatValue(); }
  boolean halves = start + record.length - codes != passages * dimension;
  best = -2;
  for (int passage = 0; passage < passages; passage++) {
    double product = 0;
    double square = 0;
    int from = codes + passage * dimension * (halves ? 2 : 1);
    for (int i = 0; i < dimension; i++) {
      float value = halves ? half(packed, from + 2 * i) : packed[from + i];
      product += query[i] * value;
      square += value * value;
    }
    double cosine = product / Math.max(1e-9, Math.sqrt(square));
    if (cosine > best) { best = cosine; nearest = passage; }
  }
}
put(out, Math.round((Math.max(-1, Math.min(1, best)) + 1) * 16777216.0));
put(out, nearest + 1);
put(out, nearest < 0 ? 0 : word32(packed, spans + 8 * nearest));
put(out, nearest < 0 ? 0 : word32(packed, spans + 8 * nearest + 4));

long[] grams = longs(params.grams);
long[] having = longs(params.having);
int[] sizes = numbers(params.sizes);
int[] stems = numbers(params.stems);
int[] words = numbers(params.words);
long[] sieve = new long[64];
for (int i = 0; i < grams.length; i++) {
  int slot = (int) ((grams[i] * -7046029254386353131L) >>> 52);
  sieve[slot >> 6] |= 1L << (slot & 63);
}
long stemmed = 0;
for (int i = 0; i < stems.length; i++) { stemmed |= 1L << (stems[i] & 63); }

boolean mayBeLoose = sizes.length > 0 && tokens <= params.loose_length;
long[] looseCodes = new long[mayBeLoose ? 64 : 0];
int[] loose = new int[looseCodes.length];
int kinds = 0;
int[] common = new int[sizes.length];
int distinct = number(bytes, at);
int[] sent = new int[distinct];
int kept = 0;
StringBuilder texts = new StringBuilder();
StringBuilder own = new StringBuilder();
for (int word = 0; word < distinct; word++) {
  int head = number(bytes, at);
  int size = head >> 2;
  int kind = head & 3;
  int from = at[0];
  at[0] += kind == 2 ? 2 * size : size;
  int stem = word32(bytes, at[0]);
  at[0] += 4;
  int written = number(bytes, at);
  at[0] += (written & 1) == 1 ? (written & -2) : written >> 1;
  long window = 10;
  int hash = 0;
  int hits = 0;
  long code = 0;
  long seen = 0;
  for (int i = 0; i <= size; i++) {
    int letter = 10;
    if (i < size) {
      int low = bytes[from + i] & 255;
      hash = 31 * hash + low;
      letter = kind == 0 ? 1536 | low : kind == 1 ? low : (bytes[from + size + i] & 255) << 8 | low;
    }
    window = window << 16 | (long) letter;
    if (i >= 2) {
      int slot = (int) ((window * -7046029254386353131L) >>> 52);
      if (((sieve[slot >> 6] >>> (slot & 63)) & 1L) != 0) {
        for (int j = 0; j < grams.length; j++) {
          if (grams[j] == window) {
            hits++;
            code = code * (grams.length + 1) + j + 1;
            if (code > 1099511627776L) { code = 0; hits = 1000; }
            if (mayBeLoose && ((seen >>> j) & 1L) == 0) {
              seen |= 1L << j;
              for (int k = 0; k < sizes.length; k++) { common[k] += (int) ((having[j] >>> k) & 1L); }
            }
            break;
          }
        }
      }
    }
  }
  boolean isLoose = mayBeLoose && hits > 0 && hits < 1000;
  if (hits > 0) {
    for (int k = 0; k < sizes.length; k++) {
      if (4 * common[k] >= size - 1 + sizes[k] - common[k]) { isLoose = false; }
      common[k] = 0;
    }
  }
  boolean wanted = hits > 0;
  for (int j = 0; j < words.length; j++) { if (words[j] == hash) { wanted = true; isLoose = false; } }
  int which = 0;
  if (stem != 0 && ((stemmed >>> (stem & 63)) & 1L) != 0) {
    for (int j = 0; j < stems.length && which == 0; j++) { if (stems[j] == stem) { which = j + 1; } }
  }
  if (isLoose && which == 0) {
    int found = 0;
    while (found < kinds && looseCodes[found] != code) { found++; }
    if (found < looseCodes.length) {
      looseCodes[found] = code;
      if (found == kinds) { kinds++; }
      sent[word] = -1 - found;
    }
  }
  if ((wanted || which > 0) && sent[word] == 0) {
    kept++;
    sent[word] = kept;
    put(own, stem == 0 ? 0 : which + 1);
    texts.append(' ');
    for (int i = 0; i < size; i++) {
      int high = kind == 0 ? 6 : kind == 1 ? 0 : bytes[from + size + i] & 255;
      texts.appendCodePoint(high << 8 | (bytes[from + i] & 255));
    }
  }
}
put(out, kept);
put(out, kinds);
out.append(own);
StringBuilder placed = new StringBuilder();
int last = 0;
for (int token = 0; token < tokens; token++) {
  int place = sent[number(bytes, at)];
  if (place > 0) { put(placed, place - 1); put(placed, token - last); last = token; }
  if (place < 0) { loose[-1 - place]++; }
}
for (int i = 0; i < kinds; i++) { put(out, looseCodes[i]); put(out, loose[i]); }
return out.append(placed).append(texts).toString();
"""
)

_FUNCTIONS = (
    _NUMBERS
    + """
int hash(byte[] bytes, int from, int size) {
  int value = 0;
  for (int i = 0; i < size; i++) { value = 31 * value + (bytes[from + i] & 255); }
  return value;
}
String text(byte[] bytes, int from, int size, int high) {
  StringBuilder out = new StringBuilder();
  for (int i = 0; i < size; i++) {
    int upper = high >= 0 ? high : bytes[from + size + i] & 255;
    out.appendCodePoint(upper << 8 | (bytes[from + i] & 255));
  }
  return out.toString();
}
"""
)

# How a document first writes the word with the hash `word`: as it is folded where nothing is sent.
WRITTEN = (
    _FUNCTIONS
    + """
def column = doc['tokens'].value;
byte[] bytes = column.bytes;
int[] at = new int[1];
at[0] = column.offset;
if (column.length > 400000) { return ''; }
for (int i = 0; i < 4; i++) { number(bytes, at); }
int distinct = number(bytes, at);
int wanted = ((Number) params.word).intValue();
for (int word = 0; word < distinct; word++) {
  int head = number(bytes, at);
  int size = head >> 2;
  boolean found = hash(bytes, at[0], size) == wanted;
  at[0] += ((head & 3) == 2 ? 2 * size : size) + 4;
  int written = number(bytes, at);
  int letters = written >> 1;
  boolean wide = (written & 1) == 1;
  if (found) { return text(bytes, at[0], letters, wide ? -1 : 6); }
  at[0] += wide ? 2 * letters : letters;
}
return '';
"""
)

# Which words with the low bytes `begun` at their beginning come right after the words with the hashes `before`. Stop
# words, which have no stem, are left out: nothing ends with one.
FOLLOWERS = (
    _FUNCTIONS
    + """
def column = doc['tokens'].value;
byte[] bytes = column.bytes;
Set found = new HashSet();
if (column.length > 400000) { return new ArrayList(found); }
int[] at = new int[1];
at[0] = column.offset;
int tokens = number(bytes, at);
number(bytes, at);
int title = number(bytes, at);
number(bytes, at);
int distinct = number(bytes, at);
int[] before = new int[params.before.size()];
for (int i = 0; i < before.length; i++) { before[i] = ((Number) params.before.get(i)).intValue(); }
int[] begun = new int[params.begun.size()];
for (int i = 0; i < begun.length; i++) { begun[i] = ((Number) params.begun.get(i)).intValue(); }
int[] hashes = new int[distinct];
int[] starts = new int[distinct];
boolean[] ends = new boolean[distinct];
for (int word = 0; word < distinct; word++) {
  starts[word] = at[0];
  int head = number(bytes, at);
  int size = head >> 2;
  hashes[word] = hash(bytes, at[0], size);
  at[0] += (head & 3) == 2 ? 2 * size : size;
  ends[word] = word32(bytes, at[0]) != 0;
  at[0] += 4;
  int written = number(bytes, at);
  at[0] += (written & 1) == 1 ? (written & -2) : written >> 1;
}
int matched = 0;
int earlier = 0;
boolean hasEarlier = false;
int last = before.length - 1;
int[] other = new int[1];
for (int token = 0; token < tokens; token++) {
  int word = number(bytes, at);
  if (token == title) { matched = 0; hasEarlier = false; }
  if (matched == before.length && ends[word]) {
    other[0] = starts[word];
    int head = number(bytes, other);
    int size = head >> 2;
    boolean begins = size >= begun.length;
    for (int i = 0; i < begun.length && begins; i++) { begins = (bytes[other[0] + i] & 255) == begun[i]; }
    if (begins) { found.add(text(bytes, other[0], size, (head & 3) == 0 ? 6 : (head & 3) == 1 ? 0 : -1)); }
  }
  int hashed = hashes[word];
  if (last == 0) {
    matched = hashed == before[0] ? 1 : 0;
  } else {
    matched = hasEarlier && earlier == before[0] && hashed == before[1] ? 2 : 0;
  }
  earlier = hashed;
  hasEarlier = true;
}
return new ArrayList(found);
"""
)
