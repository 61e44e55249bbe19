use chrono::TimeDelta;
use greenlane_jose::{Signer as _, SigningKey};

use super::{Contents, PackError, RecognitionPack, write};

fn contents() -> Contents {
    let made_at = "2026-11-23T12:00:00Z".parse().unwrap();
    Contents {
        equivalence: (7, b"[]".to_vec()),
        classification: (5, b"{}".to_vec()),
        made_at,
        good_until: made_at + TimeDelta::hours(24),
    }
}

#[test]
fn a_pack_is_read_as_it_was_written_and_the_same_contents_are_the_same_bytes() {
    let key = SigningKey::generate_ed25519();
    let bytes = write(&contents(), &key).unwrap();
    assert_eq!(write(&contents(), &key).unwrap(), bytes);
    let thumbprint = key.public_key().thumbprint();
    // While keys are changed, more than one is trusted.
    let before = SigningKey::generate_ed25519().public_key().thumbprint();
    for trusted in [vec![], vec![thumbprint.clone()], vec![before, thumbprint.clone()]] {
        let pack = RecognitionPack::read(&bytes, &trusted).unwrap();
        assert_eq!((pack.equivalence(), pack.classification()), ((7, &b"[]"[..]), (5, &b"{}"[..])));
        assert_eq!(pack.key_id(), thumbprint);
        let made = contents().made_at;
        assert_eq!((pack.made_at(), pack.good_until()), (made, contents().good_until));
        assert_eq!(pack.not_good_at(made), None);
        assert!(pack.not_good_at(contents().good_until + TimeDelta::seconds(1)).unwrap().contains("too old"));
        assert!(pack.not_good_at(made - TimeDelta::minutes(6)).unwrap().contains("before"));
    }
}

#[test]
fn a_pack_tells_nothing_of_a_day_behind_its_end() {
    let bytes = write(&contents(), &SigningKey::generate_ed25519()).unwrap();
    let pack = RecognitionPack::read(&bytes, &[]).unwrap();
    let on = |day: &str| pack.not_good_on(day.parse().unwrap());
    assert_eq!([on("2020-01-01"), on("2026-11-23"), on("2026-11-24")], [None; 3]);
    assert!(on("2026-11-25").unwrap().contains("behind"));
}

/// The pack with its lines changed.
fn altered(bytes: &[u8], change: impl FnOnce(&mut Vec<String>)) -> Vec<u8> {
    use std::io::{Read as _, Write as _};
    let mut text = String::new();
    flate2::read::GzDecoder::new(bytes).read_to_string(&mut text).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    change(&mut lines);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all((lines.join("\n") + "\n").as_bytes()).unwrap();
    gzip.finish().unwrap()
}

#[test]
fn a_pack_of_another_key_or_with_a_changed_line_or_cut_off_is_refused() {
    let (key, other) = (SigningKey::generate_ed25519(), SigningKey::generate_ed25519());
    let bytes = write(&contents(), &key).unwrap();
    let foreign = RecognitionPack::read(&bytes, &[other.public_key().thumbprint()]).unwrap_err();
    assert_eq!(foreign, PackError::Foreign(key.public_key().thumbprint()));
    for index in [1, 2] {
        let changed = altered(&bytes, |lines| lines[index] = "bnVsbA==".to_owned());
        assert_eq!(RecognitionPack::read(&changed, &[]).unwrap_err(), PackError::Altered);
    }
    // The line of another pack by another key, with this one's contents: its own key, so only a pinned key tells.
    let longer = Contents { good_until: contents().good_until + TimeDelta::days(365), ..contents() };
    let forged = write(&longer, &other).unwrap();
    let forged_line = std::cell::RefCell::new(String::new());
    altered(&forged, |lines| *forged_line.borrow_mut() = lines[0].clone());
    let swapped = altered(&bytes, |lines| {
        let (signature, theirs) = (lines[0].rsplit_once('.').unwrap().1.to_owned(), forged_line.take());
        lines[0] = format!("{}.{signature}", theirs.rsplit_once('.').unwrap().0);
    });
    assert_eq!(RecognitionPack::read(&swapped, &[]).unwrap_err(), PackError::Signature);
    for cut in [altered(&bytes, |lines| drop(lines.pop())), bytes[..bytes.len() - 10].to_vec(), Vec::new()] {
        assert!(matches!(RecognitionPack::read(&cut, &[]), Err(PackError::Malformed(_))));
    }
}

#[test]
fn nothing_may_stand_behind_a_pack() {
    let bytes = write(&contents(), &SigningKey::generate_ed25519()).unwrap();
    for behind in [&b"junk"[..], b"\0", &bytes] {
        let longer = [&bytes, behind].concat();
        assert!(matches!(RecognitionPack::read(&longer, &[]), Err(PackError::Malformed(_))));
    }
}
