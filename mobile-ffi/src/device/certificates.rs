//! Certificates of colleagues' devices, fetched after a pull for those that records name and this store does not know:
//! so that names show, and what a colleague hands over later verifies without a network.

use serde::Deserialize;
use sync_core::base::DeviceId;
use sync_core::base::keys::PublicKey;
use sync_core::protocol::{Certificate, Signed};
use sync_core::replica::Store;

use super::store::{StoreError, Tx};

/// Most certificates asked for in one session; those beyond come with the next.
const PAGE: usize = 500;

#[derive(Deserialize)]
struct Page {
    certificates: Vec<Signed>,
    #[serde(default)]
    next: Option<DeviceId>,
}

/// What to ask for; `None` if nobody is unknown.
pub(super) fn path(tx: &mut Tx<'_>) -> Result<Option<String>, StoreError> {
    let first = tx.first_stranger()?;
    Ok(first.map(|device| format!("/sync/v1/certificates?after={}&limit={PAGE}", DeviceId(device.0.saturating_sub(1)))))
}

/// Keeps the certificates of strangers that bear the signature of this store's server. From a page with
/// anything else in it nothing is concluded: the same is asked for again.
pub(super) fn keep(tx: &mut Tx<'_>, body: &[u8]) -> Result<(), StoreError> {
    let enrolled = tx.meta()?.enrolled;
    let Some(server) = PublicKey::new(&enrolled.server_alg, &enrolled.server_key.0) else { return Ok(()) };
    let Ok(page) = serde_json::from_slice::<Page>(body) else { return Ok(()) };
    let mut genuine = true;
    for signed in page.certificates.iter().take(PAGE) {
        let Some(certificate) = signed.open::<Certificate>(&server).filter(|c| c.district == enrolled.district) else {
            genuine = false;
            continue;
        };
        if tx.is_stranger(certificate.device)? {
            tx.put_certificate(certificate.device, signed)?;
        }
    }
    if genuine {
        // Handhelds' ids have the top bit clear, so the largest of them is this.
        tx.strangers_asked(page.next.unwrap_or(DeviceId(u64::MAX >> 1)))?;
    }
    Ok(())
}
