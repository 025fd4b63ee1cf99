"""The age key that an ed25519 key of OpenSSH stands for, as ssh-to-age and sops-nix make it (RFC 7748, 4.1; BIP 173)."""

import base64

P = 2**255 - 19
LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)


def recipient(path):
    """`age1...` for the public key in a file."""
    with open(path) as file:
        wire = base64.b64decode(file.read().split()[1])
    # Two strings behind their lengths: the kind, and 32 bytes of which the highest bit is no part of y.
    y = int.from_bytes(wire[-32:], "little") & (2**255 - 1)
    u = (1 + y) * pow(1 - y, -1, P) % P
    return bech32("age", u.to_bytes(32, "little"))


def bech32(prefix, data):
    bits = "".join(f"{byte:08b}" for byte in data)
    bits += "0" * (-len(bits) % 5)
    words = [int(bits[at:at + 5], 2) for at in range(0, len(bits), 5)]
    spread = [ord(letter) >> 5 for letter in prefix] + [0] + [ord(letter) & 31 for letter in prefix]
    rest = remainder(spread + words + [0] * 6) ^ 1
    words += [rest >> 5 * (5 - index) & 31 for index in range(6)]
    return f"{prefix}1{''.join(LETTERS[word] for word in words)}"


def remainder(words):
    rest = 1
    for word in words:
        top = rest >> 25
        rest = (rest & 0x1FFFFFF) << 5 ^ word
        for index, generator in enumerate(GENERATORS):
            rest ^= generator if top >> index & 1 else 0
    return rest
