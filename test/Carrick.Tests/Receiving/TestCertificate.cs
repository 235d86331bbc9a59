using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Carrick.Tests.Receiving;

/// <summary>Makes a certificate for 127.0.0.1 that nobody trusts.</summary>
internal static class TestCertificate
{
    public static X509Certificate2 Create()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        var day = DateTimeOffset.UnixEpoch.AddYears(50);
        using var made = request.CreateSelfSigned(day, day.AddYears(50));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }
}
