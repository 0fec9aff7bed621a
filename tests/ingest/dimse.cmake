argent_test(dimse_test
  SOURCES
    dimse_association_test.cc
    dimse_bad_client_test.cc
    dimse_dcmtk_test.cc
    dimse_fixture.cc
    dimse_pdu_test.cc
    fake_uploader.cc
  LIBRARIES argent_dimse argent_test_support)
