use proptest::prelude::*;

use super::{ALPHABET, CertificateNumber, NumberError, Prefix, Run, check_characters, remainder};

fn numbers() -> impl Strategy<Value = CertificateNumber> {
    // Generation draws its own randomness: the seed only makes proptest call it anew.
    ("[A-Z]{2}", any::<u64>()).prop_map(|(letters, _)| CertificateNumber::generate(Prefix::new(&letters).unwrap()))
}

/// As an East Asian keyboard writes it.
fn wide(character: char) -> char {
    char::from_u32(u32::from(character) + 0xFEE0).unwrap()
}

#[test]
fn a_number_is_found_in_a_name_and_in_an_address_of_whatever_case() {
    for (text, written) in [
        ("GLXA", "GLXA"),
        ("certificates/GLXA", "GLXA"),
        ("https://registry.example.org/base/certificates/GLXA?lang=zh", "GLXA"),
        ("HTTPS://REGISTRY.EXAMPLE.ORG/CERTIFICATES/GLXA/PROOF#X", "GLXA"),
        ("https://registry.example.org/verify", "https://registry.example.org/verify"),
        ("certificates/", ""),
    ] {
        assert_eq!(CertificateNumber::written_in(text), written);
    }
}

#[test]
fn check_characters_are_those_of_iso_7064_mod_1271_36() {
    assert_eq!(&check_characters(b"ISO79"), b"3W");
    assert_eq!(remainder(b"ISO793W"), 1);
}

#[test]
fn numbers_are_read_as_people_write_them() {
    for letters in ["CN", "IL", "LI", "OM", "US", "ID", "LO"] {
        let number = CertificateNumber::generate(Prefix::new(letters).unwrap());
        let written = [
            number.to_string(),
            number.grouped(),
            number.as_str().to_lowercase(),
            format!(" {} ", number.grouped().replace('-', " \u{2013} ")),
            number.as_str().replace('0', "O").replace('1', "l"),
            number.as_str().replace('O', "0").replace(['I', 'L'], "1"),
            number.grouped().chars().map(wide).collect(),
        ];
        for text in written {
            assert_eq!(CertificateNumber::parse(&text), Ok(number.clone()), "{text}");
        }
        assert_eq!(number.prefix().to_string(), letters);
    }
}

#[test]
fn numbers_of_a_run_lie_together_and_are_numbers_like_others() {
    let prefix = Prefix::new("CN").unwrap();
    let run = Run::random();
    let numbers: Vec<_> = (0..1_000).map(|_| CertificateNumber::generate_in(prefix, run)).collect();
    for number in &numbers {
        assert_eq!(number.as_str()[..7], numbers[0].as_str()[..7]);
        assert_eq!(CertificateNumber::parse(number.as_str()).as_ref(), Ok(number));
    }
    let different: std::collections::BTreeSet<_> = numbers.iter().collect();
    assert_eq!(different.len(), numbers.len());
    assert!((0..10).any(|_| Run::random() != run), "another run begins otherwise");
}

#[test]
fn what_is_no_number_is_refused() {
    let number = CertificateNumber::generate(Prefix::new("CN").unwrap());
    let with_first = |c: char| format!("GLCN{c}{}", &number.as_str()[5..]);
    assert_eq!(CertificateNumber::parse(""), Err(NumberError::Length));
    assert_eq!(CertificateNumber::parse(&"A".repeat(1000)), Err(NumberError::Length));
    assert_eq!(CertificateNumber::parse(&number.as_str()[1..]), Err(NumberError::Length));
    assert_eq!(CertificateNumber::parse(&format!("{number}0")), Err(NumberError::Length));
    assert_eq!(CertificateNumber::parse(&format!("XX{}", &number.as_str()[2..])), Err(NumberError::Prefix));
    assert_eq!(CertificateNumber::parse(&with_first('A')), Err(NumberError::Character { position: 5 }));
    assert_eq!(CertificateNumber::parse(&with_first('é')), Err(NumberError::Character { position: 5 }));
    assert!(Prefix::new("cn").is_err() && Prefix::new("C").is_err() && Prefix::new("C1").is_err());
}

proptest! {
    #[test]
    fn no_single_wrong_character_makes_another_number(number in numbers()) {
        for position in 0..number.as_str().len() {
            for wrong in (b'0'..=b'9').chain(b'A'..=b'Z').chain(b'a'..=b'z') {
                let mut typed = number.as_str().as_bytes().to_vec();
                typed[position] = wrong;
                let typed = String::from_utf8(typed).unwrap();
                if let Ok(read) = CertificateNumber::parse(&typed) {
                    prop_assert_eq!(&read, &number, "{}", typed);
                }
            }
        }
    }

    #[test]
    fn no_swap_of_neighbours_makes_another_number(number in numbers()) {
        for position in 1..number.as_str().len() {
            let mut typed = number.as_str().as_bytes().to_vec();
            typed.swap(position - 1, position);
            let typed = String::from_utf8(typed).unwrap();
            if let Ok(read) = CertificateNumber::parse(&typed) {
                prop_assert_eq!(&read, &number, "{}", typed);
            }
        }
    }

    #[test]
    fn a_number_has_no_look_alikes_after_its_prefix(number in numbers()) {
        prop_assert!(number.as_str().bytes().skip(4).all(|c| ALPHABET.contains(&c)));
        prop_assert_eq!(CertificateNumber::parse(number.as_str()).unwrap(), number);
    }

    #[test]
    fn any_input_is_answered_without_panic(input in any::<String>()) {
        let _ = CertificateNumber::parse(&input);
    }
}
