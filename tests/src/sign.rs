//! What a forger needs: Base64 (RFC 4648), SHA-256 (FIPS 180-4) and HMAC (RFC 2104). Written out, so that the forger
//! shares nothing with the library that has to refuse the work.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Base64 for URLs, without padding.
pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    let mut text = String::new();
    for chunk in bytes.as_ref().chunks(3) {
        let at = |n: usize| u32::from(chunk.get(n).copied().unwrap_or_default());
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        let digits = (0..=chunk.len()).map(|n| ALPHABET[(bits >> (18 - 6 * n) & 63) as usize]);
        text.extend(digits.map(char::from));
    }
    text
}

/// The bytes of a text in Base64 for URLs; whatever its unused bits are.
pub fn decode(text: &str) -> Vec<u8> {
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0_u32, 0);
    for digit in text.bytes() {
        let value = ALPHABET.iter().position(|known| *known == digit).unwrap();
        (bits, held) = (bits << 6 | u32::try_from(value).unwrap(), held + 6);
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held & 0xff) as u8);
        }
    }
    bytes
}

/// A digit of the alphabet.
pub fn digit(value: u64) -> u8 {
    ALPHABET[(value % 64) as usize]
}

/// The same text with other unused bits at its end, where it has any.
pub fn with_other_unused_bits(text: &str) -> Vec<String> {
    let unused = match text.len() % 4 {
        2 => 4,
        3 => 2,
        _ => return Vec::new(),
    };
    let (rest, last) = text.split_at(text.len() - 1);
    let value = ALPHABET.iter().position(|known| *known == last.as_bytes()[0]).unwrap();
    (1..1 << unused).map(|bits| format!("{rest}{}", char::from(ALPHABET[value ^ bits]))).collect()
}

/// A token: header and claims as they stand, signed with HMAC-SHA256.
pub fn signed(header: &[u8], claims: &[u8], key: &[u8]) -> String {
    let input = format!("{}.{}", encode(header), encode(claims));
    let signature = encode(hmac(key, input.as_bytes()));
    format!("{input}.{signature}")
}

/// HMAC-SHA256.
pub fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut block = [0; 64];
    if key.len() > block.len() {
        block[..32].copy_from_slice(&sha256(key))
    } else {
        block[..key.len()].copy_from_slice(key)
    }
    let inner = sha256(&[&block.map(|byte| byte ^ 0x36), message].concat());
    sha256(&[block.map(|byte| byte ^ 0x5c).as_slice(), &inner].concat())
}

fn primes() -> impl Iterator<Item = u32> {
    (2_u32..).filter(|n| (2..*n).take_while(|d| d * d <= *n).all(|d| n % d != 0))
}

/// The first 32 bits of what stands after the point.
fn fraction(number: f64) -> u32 {
    (number.fract() * 4_294_967_296.0) as u32
}

fn sha256(message: &[u8]) -> [u8; 32] {
    let constants: Vec<u32> = primes().take(64).map(|prime| fraction(f64::from(prime).cbrt())).collect();
    let mut state: Vec<u32> = primes().take(8).map(|prime| fraction(f64::from(prime).sqrt())).collect();
    let mut padded = message.to_vec();
    padded.push(0x80);
    padded.resize((padded.len() + 8).next_multiple_of(64) - 8, 0);
    padded.extend((message.len() as u64 * 8).to_be_bytes());
    for block in padded.chunks(64) {
        let mut words: Vec<u32> = block.chunks(4).map(|b| u32::from_be_bytes(b.try_into().unwrap())).collect();
        for n in 16..64 {
            let (a, b) = (words[n - 15], words[n - 2]);
            let a = a.rotate_right(7) ^ a.rotate_right(18) ^ a >> 3;
            let b = b.rotate_right(17) ^ b.rotate_right(19) ^ b >> 10;
            words.push(words[n - 16].wrapping_add(a).wrapping_add(words[n - 7]).wrapping_add(b));
        }
        let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = state[..] else { panic!("eight words") };
        for n in 0..64 {
            let s = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
            let choice = e & f ^ !e & g;
            let first = h.wrapping_add(s).wrapping_add(choice).wrapping_add(constants[n]).wrapping_add(words[n]);
            let s = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
            let second = s.wrapping_add(a & b ^ a & c ^ b & c);
            (h, g, f, e, d, c, b, a) = (g, f, e, d.wrapping_add(first), c, b, a, first.wrapping_add(second));
        }
        for (word, more) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
            *word = word.wrapping_add(more);
        }
    }
    let bytes: Vec<u8> = state.iter().flat_map(|word| word.to_be_bytes()).collect();
    bytes.try_into().unwrap()
}
