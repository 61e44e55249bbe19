use chrono::TimeDelta;
use greenlane_api::equivalence::v1 as pb;
use greenlane_jose::{Jwk, Signer as _, SigningKey};
use greenlane_store::testing::TestDatabase;
use pb::pack_service_client::PackServiceClient;

use super::harness::{Served, now, serve_with};
use crate::Migrator;
use crate::config::OtherPackKey;

greenlane_store::engine_tests!(Migrator:
    a_key_is_told_before_it_signs_and_believed_after_it_has_signed_until_its_last_pack_is_too_old,
);

async fn keys(served: &Served) -> pb::GetPackKeyResponse {
    let mut packs = PackServiceClient::new(served.channel("reader", "XB"));
    packs.get_pack_key(pb::GetPackKeyRequest {}).await.unwrap().into_inner()
}

async fn a_key_is_told_before_it_signs_and_believed_after_it_has_signed_until_its_last_pack_is_too_old(
    db: TestDatabase,
) {
    let folder = tempfile::tempdir().unwrap();
    let public = |name: &str| {
        let (key, file) = (SigningKey::generate_ed25519(), folder.path().join(name));
        let id = key.public_key().thumbprint();
        std::fs::write(&file, Jwk::new(key.public_key().clone(), id.clone()).to_json()).unwrap();
        (file, id)
    };
    let ((old_file, old), (next_file, next)) = (public("old.jwk"), public("next.jwk"));
    let last_pack_good_until = now() + TimeDelta::hours(24);
    let served = serve_with(&db, |config| {
        // In a folder that is not there yet.
        config.pack_key_file = Some(folder.path().join("keys/pack.jwk"));
        config.other_pack_keys = vec![
            OtherPackKey { file: old_file, until: Some(last_pack_good_until) },
            OtherPackKey { file: next_file, until: None },
        ];
    })
    .await;
    let told = keys(&served).await;
    let signs = SigningKey::load(&folder.path().join("keys/pack.jwk")).unwrap().public_key().thumbprint();
    assert_eq!(told.key_id, signs);
    let each: Vec<_> = told.keys.iter().map(|key| (key.key_id.clone(), key.signs)).collect();
    assert_eq!(each, [(signs.clone(), true), (old, false), (next.clone(), false)]);
    for key in &told.keys {
        assert_eq!(Jwk::parse(key.jwk.as_bytes()).unwrap().key.thumbprint(), key.key_id);
    }
    assert_eq!(told.keys[1].believed_until.unwrap().seconds, last_pack_good_until.timestamp());
    assert_eq!(told.keys[2].believed_until, None);
    served.clock.advance(TimeDelta::hours(24) + TimeDelta::seconds(1));
    let each: Vec<_> = keys(&served).await.keys.into_iter().map(|key| key.key_id).collect();
    assert_eq!(each, [signs, next]);
}
